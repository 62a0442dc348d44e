package dev.millrace.deploy.cluster;

import dev.millrace.deploy.Check;
import dev.millrace.deploy.ExternalProgram;
import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A cluster as {@code eksctl-cluster.yaml} describes it, or as {@code make cluster} writes it for another environment. */
public final class ClusterCheck implements Check {

    /** Where it stands, unless another is asked for. */
    private static final String FILE = "eksctl-cluster.yaml";

    /** A checker of schemas that may lie beside the project. */
    private static final String CHECKER = "../shared/tools/check-manifests";

    private static final String PREFIX = "iot-processing-cluster-";

    private final String file;

    /** Of the project's own file. */
    public ClusterCheck() {
        this(FILE);
    }

    /** @param file the description, from the root of the tree */
    public ClusterCheck(String file) {
        this.file = file;
    }

    @Override
    public List<Finding> findings(Path tree) throws IOException {
        Yaml cluster = new Yaml("", Yaml.file(tree.resolve(file)).value());
        List<Finding> findings = new ArrayList<>(ClusterFields.findings(file, cluster));
        String environment = text(cluster, "metadata", "tags", "Environment").orElse("");
        findings.addAll(settings(cluster, environment));
        findings.addAll(network(cluster, environment));
        findings.addAll(new ClusterOfManifests(tree, file).findings(cluster));
        findings.addAll(new ScrapedMetrics(tree, file, environment).findings(cluster));
        findings.addAll(schema(tree));
        return findings;
    }

    private List<Finding> settings(Yaml cluster, String environment) {
        List<Finding> findings = new ArrayList<>();
        must(findings, cluster, "eksctl.io/v1alpha5", "apiVersion");
        must(findings, cluster, "ClusterConfig", "kind");
        must(findings, cluster, PREFIX + environment, "metadata", "name");
        must(findings, cluster, "millrace", "metadata", "tags", "Project");
        must(findings, cluster, "true", "autoModeConfig", "enabled");
        must(findings, cluster, "API", "accessConfig", "authenticationMode");
        must(findings, cluster, "[api, audit, authenticator]", "cloudWatch", "clusterLogging", "enableTypes");
        must(findings, cluster, "true", "zonalShiftConfig", "enabled");
        if (cluster.seek("addons").stream().flatMap(Yaml::each).noneMatch(addon -> text(addon, "name")
                .equals(Optional.of("metrics-server")))) {
            findings.add(finding("addons", "there is no metrics-server, which the autoscalers ask"));
        }
        return findings;
    }

    private List<Finding> network(Yaml cluster, String environment) {
        List<Finding> findings = new ArrayList<>();
        boolean isProd = environment.equals("prod");
        List<String> zones =
                cluster.itemsAt("availabilityZones").map(Yaml::text).toList();
        String region = text(cluster, "metadata", "region").orElse("");
        if (Set.copyOf(zones).size() < (isProd ? 3 : 2)) {
            findings.add(finding("availabilityZones", "are fewer than " + (isProd ? "three" : "two") + ": " + zones));
        }
        zones.stream()
                .filter(zone -> !zone.matches(region + "[a-f]"))
                .map(zone -> finding("availabilityZones", zone + " is not in " + region))
                .forEach(findings::add);
        must(findings, cluster, isProd ? "HighlyAvailable" : "Single", "vpc", "nat", "gateway");
        must(findings, cluster, "true", "vpc", "clusterEndpoints", "privateAccess");
        cluster.seek("vpc", "publicAccessCIDRs").stream()
                .flatMap(Yaml::each)
                .filter(range -> range.text().endsWith("/0"))
                .map(range -> finding("vpc.publicAccessCIDRs", range.text() + " opens the API server to everybody"))
                .forEach(findings::add);
        if (cluster.seek("vpc", "publicAccessCIDRs").isEmpty()) {
            findings.add(finding("vpc.publicAccessCIDRs", "is not there, and the API server open to everybody"));
        }
        return findings;
    }

    private void must(List<Finding> findings, Yaml cluster, String value, String... path) {
        Optional<String> found = text(cluster, path);
        if (!found.equals(Optional.of(value))) {
            findings.add(finding(String.join(".", path), "is " + found.orElse("not there") + " and must be " + value));
        }
    }

    private static Optional<String> text(Yaml value, String... path) {
        return value.seek(path).map(Yaml::text);
    }

    private List<Finding> schema(Path tree) throws IOException {
        Path checker = tree.resolve(CHECKER);
        if (!Files.isExecutable(checker)) {
            return List.of();
        }
        return ExternalProgram.run(tree, List.of(checker.toString(), file)).stream()
                .filter(outcome -> outcome.code() != 0)
                .map(outcome -> finding("schema", outcome.output().strip()))
                .toList();
    }

    private Finding finding(String field, String problem) {
        return new Finding(file, field, problem);
    }
}
