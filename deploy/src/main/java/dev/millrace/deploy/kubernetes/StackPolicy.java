package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What pods read from Secrets Manager and the Parameter Store is what the stack writes there. */
final class StackPolicy implements Policy {

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        Path folder = rendering.tree().resolve("aws");
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        StringBuilder templates = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                templates.append(Files.readString(file)).append('\n');
            }
        }
        List<String> names = templates
                .toString()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("Name:"))
                .map(line -> line.replaceFirst("^Name: *(?:!Sub *)?", "").replaceAll("[\"']", ""))
                .toList();
        return rendering
                .workloads()
                .flatMap(workload -> workload.container().items("env"))
                .filter(variable -> !isWritten(variable.text("value"), names))
                .map(variable -> variable.wrong("value", "no template of aws/ makes " + variable.text("value")));
    }

    /** Whether a value is no reference, or one to a name of a template, where the environment is a variable of another form. */
    private static boolean isWritten(String value, List<String> names) {
        if (!value.startsWith("ssm:") && !value.startsWith("secret:")) {
            return true;
        }
        String name = value.replaceFirst("^(?:ssm|secret):", "").replaceFirst("#.*", "");
        return names.contains(name.replace("$(ENVIRONMENT)", "${Environment}"));
    }
}
