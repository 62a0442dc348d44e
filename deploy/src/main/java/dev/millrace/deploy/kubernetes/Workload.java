package dev.millrace.deploy.kubernetes;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A Deployment and its pods. */
record Workload(Rendering rendering, Manifest deployment) {

    String name() {
        return deployment.name();
    }

    Field root() {
        return deployment.root();
    }

    Field spec() {
        return root().find("spec").orElseGet(() -> nothing("spec"));
    }

    Field pod() {
        return root().find("spec", "template", "spec").orElseGet(() -> nothing("spec.template.spec"));
    }

    /** Its only container: there is nothing beside the program in a pod. */
    Field container() {
        return pod().items("containers").findFirst().orElseGet(() -> nothing("spec.template.spec.containers"));
    }

    Stream<Field> allContainers() {
        return Stream.concat(pod().items("containers"), pod().items("initContainers"));
    }

    private Field nothing(String path) {
        return new Field(deployment, path, "");
    }

    Map<String, String> labels() {
        return root().labels("spec", "template", "metadata", "labels");
    }

    /** Which program runs in it. */
    Optional<Program> program() {
        return Program.ofImage(container().text("image"));
    }

    /** The port that a name or number of a probe, a service or a policy means. */
    Optional<Field> port(String nameOrNumber) {
        return container()
                .items("ports")
                .filter(port -> port.text("name").equals(nameOrNumber)
                        || port.text("containerPort").equals(nameOrNumber))
                .findFirst();
    }

    /** What says how many pods there are: an HPA, or what KEDA makes one of. */
    Stream<Manifest> autoscalers() {
        return rendering.objects().stream()
                .filter(object -> object.is("HorizontalPodAutoscaler") || object.is("ScaledObject"))
                .filter(object ->
                        object.root().text("spec", "scaleTargetRef", "name").equals(name()));
    }
}
