package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who reaches whom: nothing that no NetworkPolicy allows, and what one allows is a port that there is. */
final class ReachabilityPolicy implements Policy {

    static final String ANYWHERE = "0.0.0.0/0";

    @Override
    public Stream<Finding> findings(Rendering rendering) {
        List<Finding> findings = new ArrayList<>();
        denied(rendering, findings);
        rendering.workloads().forEach(workload -> {
            selected(workload, findings);
            served(workload, findings);
        });
        rendering.all("NetworkPolicy").forEach(policy -> policy(rendering, policy, findings));
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

    static boolean isSelected(Manifest policy, Workload workload) {
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
}
