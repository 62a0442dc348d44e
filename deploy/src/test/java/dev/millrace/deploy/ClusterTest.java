package dev.millrace.deploy;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** The cluster is the one that the manifests mean. */
class ClusterTest {

    private static final Set<String> SERVICES = Set.of("gateway", "processor");

    @Test
    void thereAreThreeEnvironments() throws IOException {
        assertEquals(List.of("dev", "prod", "staging"), Rendering.environments());
    }

    @Test
    @EnabledIf(value = Rendering.POSSIBLE, disabledReason = Rendering.WITHOUT)
    void theClusterIsTheOneThatTheDevOverlayAndThePoliciesMean() throws IOException, InterruptedException {
        Yaml cluster = Yaml.file(Rendering.ROOT.resolve("eksctl-cluster.yaml"));
        Rendering dev = Rendering.of("dev");
        String region = cluster.at("metadata", "region").text();
        assertEquals(region, dev.settings("gateway").get("AWS_REGION"));
        cluster.at("availabilityZones")
                .items()
                .forEach(zone -> assertTrue(zone.text().startsWith(region)));

        Map<String, Yaml> associations = cluster.at("iam", "podIdentityAssociations")
                .items()
                .collect(toMap(
                        association -> association.at("serviceAccountName").text(), association -> association));
        assertEquals(SERVICES, associations.keySet());
        associations.forEach((service, association) -> {
            assertEquals("iot-dev", association.at("namespace").text());
            association.at("permissionPolicy", "Statement").items().forEach(statement -> {
                String stream = dev.settings(service).get("KINESIS_STREAM");
                assertEquals(
                        "arn:aws:kinesis:" + region + ":*:stream/" + stream,
                        statement.at("Resource").text());
                statement
                        .at("Action")
                        .items()
                        .forEach(action -> assertFalse(action.text().contains("*")));
            });
        });

        List<String> ranges = dev.all("NetworkPolicy")
                .flatMap(policy -> policy.itemsAt("spec", "egress"))
                .flatMap(rule -> rule.itemsAt("to"))
                .flatMap(peer -> peer.find("ipBlock", "cidr").stream())
                .map(Yaml::text)
                .toList();
        assertTrue(ranges.contains(cluster.at("vpc", "cidr").text()), "PostgreSQL and Redis in the VPC");
        String services =
                cluster.at("kubernetesNetworkConfig", "serviceIPv4CIDR").text();
        assertTrue(ranges.contains(services.replace(".0/16", ".10/32")), "the cluster's DNS");
        cluster.at("vpc", "publicAccessCIDRs")
                .items()
                .forEach(range -> assertFalse(range.text().endsWith("/0")));
    }

    @Test
    void noOtherRegionIsNamed() throws IOException {
        Pattern region = Pattern.compile("\\b(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[0-9]");
        var files = new ArrayList<>(List.of(Rendering.ROOT.resolve("eksctl-cluster.yaml")));
        try (Stream<Path> manifests = Files.walk(Rendering.ROOT.resolve("k8s"))) {
            manifests.filter(Files::isRegularFile).forEach(files::add);
        }
        for (Path file : files) {
            region.matcher(Files.readString(file))
                    .results()
                    .forEach(result -> assertEquals("eu-central-1", result.group(), file.toString()));
        }
    }
}
