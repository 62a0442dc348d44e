package dev.millrace.deploy.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the operator makes before the first apply, by the commands of {@code k8s/README.md}: certificates and keys, which are not in Git.
 *
 * @param keys the names of the files in each, by kind and name, such as {@code Secret gateway-keys}
 */
record OperatorMade(Map<String, Set<String>> keys) {

    static final String README = "k8s/README.md";

    private static final Pattern COMMAND =
            Pattern.compile("create (secret generic|secret tls|configmap) ([a-z0-9-]+)(.*)");
    private static final Pattern FILE = Pattern.compile("--from-file=([\\w.-]+)=");

    /** Of the overlay for a machine nothing: it has all that it needs. */
    static OperatorMade of(Rendering rendering) throws IOException {
        if (rendering.isLocal()) {
            return new OperatorMade(Map.of());
        }
        Path readme = rendering.tree().resolve(README);
        String text = Files.isRegularFile(readme) ? Files.readString(readme).replace("\\\n", " ") : "";
        Map<String, Set<String>> keys = new HashMap<>();
        Matcher command = COMMAND.matcher(text);
        while (command.find()) {
            String kind = command.group(1).equals("configmap") ? "ConfigMap" : "Secret";
            Set<String> files = keys.computeIfAbsent(kind + " " + command.group(2), _ -> new LinkedHashSet<>());
            if (command.group(1).equals("secret tls")) {
                files.addAll(Set.of("tls.crt", "tls.key"));
            }
            FILE.matcher(command.group(3)).results().forEach(file -> files.add(file.group(1)));
        }
        return new OperatorMade(Map.copyOf(keys));
    }

    /** The files in an object; empty where nobody makes it. */
    Optional<Set<String>> files(String kind, String name) {
        return Optional.ofNullable(keys.get(kind + " " + name));
    }
}
