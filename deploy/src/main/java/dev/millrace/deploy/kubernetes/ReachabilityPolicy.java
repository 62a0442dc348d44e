package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who reaches whom: nothing that no NetworkPolicy allows, and what one allows is a port that there is. */
final class ReachabilityPolicy implements Policy {

    private static final String ANYWHERE = "0.0.0.0/0";

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        List<Finding> findings = new ArrayList<>();
        denied(rendering, findings);
        rendering.workloads().forEach(workload -> {
            selected(workload, findings);
            served(workload, findings);
        });
        rendering.all("NetworkPolicy").forEach(policy -> policy(rendering, policy, findings));
        if (!rendering.isLocal()) {
            cluster(rendering, findings);
        }
        return findings.stream();
    }

    private static void denied(Rendering rendering, List<Finding> findings) {
        boolean denied = rendering.all("NetworkPolicy").anyMatch(ReachabilityPolicy::isDefaultDeny);
        if (!denied) {
            findings.add(rendering.wrong(
                    "resources",
                    "must have a NetworkPolicy that denies all pods what no other allows them, in and out"));
        }
    }

    private static boolean isDefaultDeny(Manifest policy) {
        Field root = policy.root();
        return root.labels("spec", "podSelector").isEmpty()
                && Set.copyOf(root.texts("spec", "policyTypes")).equals(Set.of("Ingress", "Egress"))
                && !root.has("spec", "ingress")
                && !root.has("spec", "egress");
    }

    private static boolean isSelected(Manifest policy, Workload workload) {
        return policy.root().find("spec", "podSelector").stream()
                .anyMatch(selector -> Rendering.selects(selector, workload.labels()));
    }

    private static Stream<Manifest> letIn(Workload workload) {
        return workload.rendering()
                .all("NetworkPolicy")
                .filter(policy -> isSelected(policy, workload))
                .filter(policy ->
                        policy.root().items("spec", "ingress").findAny().isPresent());
    }

    private static void selected(Workload workload, List<Finding> findings) {
        if (letIn(workload).findAny().isEmpty()) {
            findings.add(workload.root()
                    .wrong("no NetworkPolicy lets anybody in: its pods are selected by none that allows"));
        }
    }

    /** Each port of a pod is open to somebody. */
    private static void served(Workload workload, List<Finding> findings) {
        Set<String> open = letIn(workload)
                .flatMap(policy -> policy.root().items("spec", "ingress"))
                .flatMap(rule -> rule.items("ports"))
                .map(port -> port.text("port"))
                .collect(Collectors.toSet());
        workload.container()
                .items("ports")
                .filter(port -> !open.contains(port.text("containerPort")) && !open.contains(port.text("name")))
                .forEach(port -> findings.add(port.wrong("containerPort", "no NetworkPolicy lets anybody in here")));
    }

    private static void policy(Rendering rendering, Manifest policy, List<Finding> findings) {
        List<Workload> selected = rendering
                .workloads()
                .filter(workload -> isSelected(policy, workload))
                .toList();
        if (selected.isEmpty()) {
            findings.add(policy.root().wrong("spec.podSelector", "selects no pod"));
            return;
        }
        policy.root().items("spec", "ingress").forEach(rule -> {
            if (rule.items("ports").findAny().isEmpty()) {
                findings.add(rule.wrong("ports", "must say which: else all are open"));
            }
            boolean open = rule.items("from").findAny().isEmpty()
                    || rule.items("from")
                            .anyMatch(peer -> peer.text("ipBlock", "cidr").equals(ANYWHERE));
            rule.items("ports").forEach(port -> {
                Set<String> names = selected.stream()
                        .flatMap(workload -> workload.port(port.text("port")).stream())
                        .map(found -> found.text("name"))
                        .collect(Collectors.toSet());
                List<String> doors = rendering.isLocal() ? List.of("http", "mqtt") : List.of("https", "mqtts");
                if (names.isEmpty()) {
                    findings.add(port.wrong("port", "none of the pods that are selected has this port"));
                } else if (open && !doors.containsAll(names)) {
                    findings.add(port.wrong(
                            "port", "open to anybody, which only " + String.join(" and ", doors) + " may be"));
                }
            });
        });
    }

    /** The ranges are those of the cluster's description. */
    private static void cluster(Rendering rendering, List<Finding> findings) throws IOException {
        Path file = rendering.tree().resolve("eksctl-cluster.yaml");
        if (!Files.isRegularFile(file)) {
            return;
        }
        Yaml cluster = Yaml.file(file);
        List<String> ranges = rendering
                .all("NetworkPolicy")
                .flatMap(policy -> Stream.concat(
                        policy.root().items("spec", "egress").flatMap(rule -> rule.items("to")),
                        policy.root().items("spec", "ingress").flatMap(rule -> rule.items("from"))))
                .map(peer -> peer.text("ipBlock", "cidr"))
                .toList();
        cluster.find("vpc", "cidr")
                .map(Yaml::text)
                .filter(range -> !ranges.contains(range))
                .ifPresent(range -> findings.add(new Finding(
                        "k8s/base/network-policies.yaml",
                        "ipBlock.cidr",
                        "none is the VPC of eksctl-cluster.yaml, " + range)));
        cluster.find("kubernetesNetworkConfig", "serviceIPv4CIDR")
                .map(range -> range.text().replaceFirst("\\.0/[0-9]+$", ".10/32"))
                .filter(address -> !ranges.contains(address))
                .ifPresent(address -> findings.add(new Finding(
                        "k8s/base/network-policies.yaml",
                        "NetworkPolicy dns: spec.egress",
                        "none is the address of the cluster's DNS by eksctl-cluster.yaml, " + address)));
    }
}
