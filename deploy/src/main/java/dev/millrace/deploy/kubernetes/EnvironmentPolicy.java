package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An overlay is one environment: its objects are in its namespace, pods there can only be unprivileged, no login is in Git, and each
 * image is one that somebody chose.
 */
final class EnvironmentPolicy implements Policy {

    /** The tag of overlays for which nobody has chosen images yet; it exists in no registry. */
    static final String UNSET = "unset";

    private static final Pattern REGIONS = Pattern.compile("\\b(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[0-9]\\b");
    private static final Pattern CHOSEN = Pattern.compile(".+(?::[\\w][\\w.-]*|@sha256:[0-9a-f]{64})");

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        List<Finding> findings = new ArrayList<>();
        rendering.objects().forEach(object -> namespace(rendering, object, findings));
        namespaceItself(rendering, findings);
        rendering
                .all("Secret")
                .filter(_ -> !rendering.isLocal())
                .forEach(secret -> findings.add(secret.root()
                        .wrong("a login does not belong into Git: " + OperatorMade.README + " says who makes it")));
        rendering
                .workloads()
                .flatMap(Workload::allContainers)
                .forEach(container -> image(rendering, container, findings));
        regions(rendering, findings);
        return findings.stream();
    }

    /** The region stands in few places, which must be changed together; the cluster's description has the first of them. */
    private static void regions(Rendering rendering, List<Finding> findings) throws IOException {
        Path cluster = rendering.tree().resolve("eksctl-cluster.yaml");
        String expected = Yaml.file(cluster).at("metadata", "region").text();
        rendering.objects().stream()
                .flatMap(object -> object.sources().stream())
                .distinct()
                .forEach(source -> REGIONS.matcher(source.text())
                        .results()
                        .map(MatchResult::group)
                        .filter(region -> !region.equals(expected))
                        .forEach(region -> findings.add(new Finding(
                                source.name(), region, "must be the region of eksctl-cluster.yaml, " + expected))));
    }

    private static void namespace(Rendering rendering, Manifest object, List<Finding> findings) {
        if (!object.is("Namespace")
                && !object.root().text("metadata", "namespace").equals(rendering.namespace())) {
            findings.add(object.root().wrong("metadata.namespace", "must be " + rendering.namespace()));
        }
        if (Set.of("ClusterRole", "ClusterRoleBinding").contains(object.kind())) {
            findings.add(object.root().wrong("kind", "what holds for a whole cluster belongs to k8s/cluster"));
        }
    }

    private static void namespaceItself(Rendering rendering, List<Finding> findings) {
        var namespace = rendering.find("Namespace", rendering.namespace());
        if (namespace.isEmpty()) {
            findings.add(rendering.wrong("resources", "must have the namespace " + rendering.namespace()));
            return;
        }
        Field root = namespace.get().root();
        for (String mode : List.of("enforce", "audit", "warn")) {
            String label = "pod-security.kubernetes.io/" + mode;
            if (!root.text("metadata", "labels", label).equals("restricted")) {
                findings.add(root.wrong("metadata.labels", label + " must be restricted"));
            }
        }
        String gate = "eks.amazonaws.com/pod-readiness-gate-inject";
        if (!rendering.isLocal() && !root.text("metadata", "labels", gate).equals("enabled")) {
            findings.add(root.wrong(
                    "metadata.labels", gate + " must be enabled: else a roll-out is faster than the load balancer"));
        }
    }

    private static void image(Rendering rendering, Field container, List<Finding> findings) {
        String image = container.text("image");
        if (!CHOSEN.matcher(image).matches() || image.endsWith(":latest")) {
            findings.add(rendering.wrong(
                    "images[" + image.replaceFirst(":latest$", "") + "]",
                    "must have a newTag other than latest, or a digest: " + container.path() + " would be " + image));
        }
    }
}
