package dev.millrace.deploy.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Project;
import dev.millrace.deploy.TreeCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cluster is the one that stack and manifests mean, in each environment that it is written for. */
class ClusterCheckTest {

    private static final String FILE = "eksctl-cluster.yaml";

    @Test
    void theProjectsClusterKeepsItsPromises() throws IOException {
        assertEquals(List.of(), new ClusterCheck().findings(Project.ROOT));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            publicAccessCIDRs:              | publicAccessCidrs:          | vpc.publicAccessCidrs
            203.0.113.10/32                 | 0.0.0.0/0                   | vpc.publicAccessCIDRs
            iot-processing-cluster-dev      | iot-processing-cluster      | metadata.name
            [eu-central-1a, eu-central-1b]  | [eu-central-1a]             | availabilityZones
            [eu-central-1a, eu-central-1b]  | [eu-central-1a, eu-west-1b] | availabilityZones
            gateway: Single                 | gateway: Disable            | vpc.nat.gateway
            cidr: 10.0.0.0/16               | cidr: 10.9.0.0/16           | vpc.cidr
            name: metrics-server            | name: metric-server         | addons
            - name: amazon-cloudwatch-observability   | - name: amazon-cloudwatch  | addons
            "^millrace_processor_gaps_total$"         | "^millrace_processor_gap$" | addons.amazon-cloudwatch-observability.metric_selectors
            metric_namespace: Millrace                | metric_namespace: Mill     | addons.amazon-cloudwatch-observability.metric_namespace
            dimensions: [[Environment]]               | dimensions: [[Env]]        | addons.amazon-cloudwatch-observability.dimensions
            regex: ops                                | regex: opps                | addons.amazon-cloudwatch-observability.regex
            target_label: class                       | target_label: klass        | addons.amazon-cloudwatch-observability.target_label
            names: [iot-dev]                          | names: [iot-prod]          | addons.amazon-cloudwatch-observability.names
            """)
    void aMistakeIsFoundWithItsField(String text, String instead, String field, @TempDir Path folder)
            throws IOException {
        TreeCopy copy = TreeCopy.in(folder);
        copy.replace(FILE, text, instead);

        List<Finding> findings = new ClusterCheck().findings(copy.root());

        assertTrue(
                findings.stream()
                        .anyMatch(finding ->
                                finding.file().equals(FILE) && finding.field().equals(field)),
                findings::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "staging", "prod"})
    void theFileIsWrittenForEachEnvironment(String environment, @TempDir Path folder)
            throws IOException, InterruptedException {
        TreeCopy copy = TreeCopy.in(folder);

        String output = cluster(copy, environment, 0);

        String file = "target/cluster/" + environment + ".yaml";
        assertTrue(output.contains("eksctl create cluster -f " + file + "\n"), output);
        assertEquals(List.of(), new ClusterCheck(file).findings(copy.root()));
    }

    @Test
    void addressAndRegionAreThoseThatAreAskedFor(@TempDir Path folder) throws IOException, InterruptedException {
        TreeCopy copy = TreeCopy.in(folder);

        cluster(copy, "prod", 0, "REGION=eu-west-1", "CIDR=198.51.100.7/32");

        String written = Files.readString(copy.root().resolve("target/cluster/prod.yaml"));
        assertTrue(written.contains("availabilityZones: [eu-west-1a, eu-west-1b, eu-west-1c]\n"), written);
        assertTrue(written.contains("publicAccessCIDRs: [198.51.100.7/32]\n"), written);
    }

    @Test
    void anEnvironmentThatIsNoneIsRefused(@TempDir Path folder) throws IOException, InterruptedException {
        TreeCopy copy = TreeCopy.in(folder);

        assertTrue(cluster(copy, "production", 1).contains("ENV=dev, staging or prod"));
    }

    private static String cluster(TreeCopy copy, String environment, int code, String... variables)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        copy.root().resolve("tools/cluster").toString(), environment)
                .redirectErrorStream(true);
        for (String variable : variables) {
            int equals = variable.indexOf('=');
            assertNotEquals(-1, equals);
            builder.environment().put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(code, process.waitFor(), output);
        return output;
    }
}
