package dev.millrace.deploy.cluster;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The fields that eksctl's ClusterConfig has, of those that are used here. eksctl refuses any other, but only once it runs; a field that is
 * right and not used yet is to be written down here first.
 */
final class ClusterFields {

    /** By the way to an object, {@code *} for whatever name. */
    private static final Map<String, Set<String>> FIELDS = Map.ofEntries(
            Map.entry(
                    "",
                    Set.of(
                            "apiVersion",
                            "kind",
                            "metadata",
                            "availabilityZones",
                            "autoModeConfig",
                            "vpc",
                            "kubernetesNetworkConfig",
                            "accessConfig",
                            "addons",
                            "cloudWatch",
                            "zonalShiftConfig",
                            "upgradePolicy")),
            Map.entry("metadata", Set.of("name", "region", "version", "tags")),
            Map.entry("metadata.tags", Set.of("Environment", "Project")),
            Map.entry("autoModeConfig", Set.of("enabled", "nodePools", "nodeRoleARN")),
            Map.entry(
                    "vpc",
                    Set.of("cidr", "nat", "clusterEndpoints", "publicAccessCIDRs", "controlPlaneOnPrivateSubnets")),
            Map.entry("vpc.nat", Set.of("gateway")),
            Map.entry("vpc.clusterEndpoints", Set.of("privateAccess", "publicAccess")),
            Map.entry("kubernetesNetworkConfig", Set.of("ipFamily", "serviceIPv4CIDR")),
            Map.entry(
                    "accessConfig",
                    Set.of("authenticationMode", "accessEntries", "bootstrapClusterCreatorAdminPermissions")),
            Map.entry(
                    "addons.-",
                    Set.of("name", "version", "configurationValues", "useDefaultPodIdentityAssociations", "tags")),
            Map.entry("cloudWatch", Set.of("clusterLogging")),
            Map.entry("cloudWatch.clusterLogging", Set.of("enableTypes", "logRetentionInDays")),
            Map.entry("zonalShiftConfig", Set.of("enabled")),
            Map.entry("upgradePolicy", Set.of("supportType")));

    private ClusterFields() {}

    /** The fields of a cluster that eksctl does not have, or nobody has written down. */
    static List<Finding> findings(String file, Yaml cluster) {
        return unknown(file, "", cluster).toList();
    }

    private static Stream<Finding> unknown(String file, String way, Yaml value) {
        if (value.value() instanceof List<?>) {
            return value.items().flatMap(item -> unknown(file, way + ".-", item));
        }
        Set<String> known = FIELDS.getOrDefault(way, Set.of());
        return value.entries().flatMap(entry -> {
            String field = way.isEmpty() ? entry.getKey() : way + "." + entry.getKey();
            return known.contains(entry.getKey())
                    ? unknown(file, field, entry.getValue())
                    : Stream.of(new Finding(file, field, "is no field that is known here of eksctl's ClusterConfig"));
        });
    }
}
