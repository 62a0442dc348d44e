package dev.millrace.deploy.stack;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The actions of AWS that the sources of a module call: every method of a service's client that is called in a file which imports that
 * service's package. IAM's action has the method's name, and a prefix of the service.
 */
final class CallsOfAws {

    private static final String SDK = "software.amazon.awssdk.services.";

    /** The services whose clients are used, by package, with their clients. */
    private static final Map<String, String> CLIENTS = Map.of(
            "kinesis", "KinesisAsyncClient",
            "secretsmanager", "SecretsManagerAsyncClient",
            "sns", "SnsAsyncClient",
            "ssm", "SsmAsyncClient");

    private static final Pattern IMPORT =
            Pattern.compile("import software\\.amazon\\.awssdk\\.services\\.([a-z0-9]+)\\.");

    private static final Pattern CALL = Pattern.compile("\\.([a-z][A-Za-z]*)\\(");

    private CallsOfAws() {}

    /** The actions that the sources below some folders call. */
    static Set<String> actions(List<Path> modules) throws IOException {
        Set<String> actions = new TreeSet<>();
        for (Path module : modules) {
            try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    actions.addAll(actions(Files.readString(file)));
                }
            }
        }
        return actions;
    }

    private static Set<String> actions(String source) {
        Set<String> calls =
                CALL.matcher(source).results().map(call -> call.group(1)).collect(Collectors.toSet());
        return IMPORT.matcher(source)
                .results()
                .map(service -> service.group(1))
                .distinct()
                .flatMap(service -> operations(service)
                        .filter(calls::contains)
                        .map(operation ->
                                service + ":" + Character.toUpperCase(operation.charAt(0)) + operation.substring(1)))
                .collect(Collectors.toSet());
    }

    private static Stream<String> operations(String service) {
        String client = CLIENTS.get(service);
        if (client == null) {
            throw new IllegalStateException(
                    "a service of AWS that nobody has told " + CallsOfAws.class + " of: " + service);
        }
        try {
            return Arrays.stream(Class.forName(SDK + service + "." + client).getMethods())
                    .filter(method -> method.getReturnType().equals(CompletableFuture.class))
                    .map(Method::getName)
                    .distinct();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(client, e);
        }
    }
}
