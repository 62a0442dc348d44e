package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The objects that an overlay asks Kubernetes for, with some components or none.
 *
 * @param tree the project's, or a copy's
 * @param environment the overlay's name
 * @param components the names of the components
 * @param overlay its own file
 */
record Rendering(
        Path tree, String environment, List<String> components, Manifest.Source overlay, List<Manifest> objects) {

    /** The one that stands on its own, on a machine: no AWS, and doors without TLS. */
    static final String LOCAL = "local";

    boolean isLocal() {
        return environment.equals(LOCAL);
    }

    String namespace() {
        return "iot-" + environment;
    }

    Stream<Manifest> all(String kind) {
        return objects.stream().filter(object -> object.is(kind));
    }

    /** The object; of what Kustomize generates, both the name with the digest and that without it. */
    Optional<Manifest> find(String kind, String name) {
        return all(kind)
                .filter(object ->
                        object.name().equals(name) || object.plainName().equals(name))
                .findFirst();
    }

    Stream<Workload> workloads() {
        return all("Deployment").map(deployment -> new Workload(this, deployment));
    }

    /** What is wrong with the overlay as a whole. */
    Finding wrong(String field, String problem) {
        return new Finding(overlay.name(), field, problem);
    }

    /** Whether a selector of labels, with {@code matchLabels} and {@code matchExpressions}, means pods with these labels. */
    static boolean selects(Field selector, Map<String, String> labels) {
        boolean all = selector.labels("matchLabels").entrySet().stream()
                .allMatch(label -> label.getValue().equals(labels.get(label.getKey())));
        return all
                && selector.items("matchExpressions").allMatch(expression -> {
                    String value = labels.getOrDefault(expression.text("key"), "");
                    return switch (expression.text("operator")) {
                        case "In" -> expression.texts("values").contains(value);
                        case "NotIn" -> !expression.texts("values").contains(value);
                        case "Exists" -> labels.containsKey(expression.text("key"));
                        case "DoesNotExist" -> !labels.containsKey(expression.text("key"));
                        default -> false;
                    };
                });
    }
}
