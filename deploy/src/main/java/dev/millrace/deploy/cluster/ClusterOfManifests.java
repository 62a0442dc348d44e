package dev.millrace.deploy.cluster;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The manifests mean the cluster that is described: its addresses stand in their network policies, and one region everywhere. */
final class ClusterOfManifests {

    private static final Pattern REGION = Pattern.compile("\\b(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[0-9]");

    private static final Pattern RANGE = Pattern.compile("cidr: *\"?([0-9./]+)");

    private final Path tree;
    private final String file;

    ClusterOfManifests(Path tree, String file) {
        this.tree = tree;
        this.file = file;
    }

    List<Finding> findings(Yaml cluster) throws IOException {
        Map<String, String> manifests = manifests();
        List<Finding> findings = new ArrayList<>();
        List<String> ranges = manifests.values().stream()
                .flatMap(text -> RANGE.matcher(text).results().map(range -> range.group(1)))
                .toList();
        String vpc = text(cluster, "vpc", "cidr");
        if (!ranges.contains(vpc)) {
            findings.add(
                    new Finding(file, "vpc.cidr", "no network policy of k8s/ lets pods reach the stores in " + vpc));
        }
        String services = text(cluster, "kubernetesNetworkConfig", "serviceIPv4CIDR");
        String dns = services.replaceFirst("\\.0/16$", ".10/32");
        if (!ranges.contains(dns)) {
            findings.add(new Finding(
                    file,
                    "kubernetesNetworkConfig.serviceIPv4CIDR",
                    "no network policy of k8s/ lets pods reach DNS, " + dns));
        }
        String region = text(cluster, "metadata", "region");
        manifests.forEach((manifest, text) -> REGION.matcher(text)
                .results()
                .map(named -> named.group())
                .filter(named -> !named.equals(region))
                .distinct()
                .map(named -> new Finding(manifest, "region", "is " + named + "; the cluster is in " + region))
                .forEach(findings::add));
        return findings;
    }

    private static String text(Yaml cluster, String... path) {
        return cluster.seek(path).map(Yaml::text).orElse("");
    }

    private Map<String, String> manifests() throws IOException {
        Map<String, String> manifests = new TreeMap<>();
        for (String folder : List.of("k8s", "aws")) {
            try (Stream<Path> files = Files.walk(tree.resolve(folder))) {
                for (Path each : files.filter(Files::isRegularFile).toList()) {
                    if (!each.toString().endsWith(".md")) {
                        manifests.put(tree.relativize(each).toString(), Files.readString(each));
                    }
                }
            }
        }
        return manifests;
    }
}
