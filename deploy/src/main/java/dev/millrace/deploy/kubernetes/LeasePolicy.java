package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A processor knows its pod and may keep its Lease, and may do nothing else in the cluster. */
final class LeasePolicy implements Policy {

    private static final Map<String, String> POD =
            Map.of("POD_NAME", "metadata.name", "POD_NAMESPACE", "metadata.namespace", "POD_UID", "metadata.uid");

    /** What the processor calls: {@code dev.millrace.processor.ownership.KubernetesLeases}. */
    static final Set<String> VERBS = Set.of("get", "list", "create", "update", "delete");

    @Override
    public Stream<Finding> findings(Rendering rendering) {
        List<Finding> findings = new ArrayList<>();
        rendering
                .workloads()
                .flatMap(workload -> workload.container().items("env"))
                .filter(variable -> POD.containsKey(variable.text("name")))
                .forEach(variable -> {
                    String expected = POD.get(variable.text("name"));
                    if (!variable.text("valueFrom", "fieldRef", "fieldPath").equals(expected)) {
                        findings.add(variable.wrong("valueFrom.fieldRef.fieldPath", "must be " + expected));
                    }
                });
        rendering.all("Role").forEach(role -> role(role, findings));
        return findings.stream();
    }

    private static void role(Manifest role, List<Finding> findings) {
        List<Field> rules = role.root().items("rules").toList();
        if (rules.size() != 1) {
            findings.add(role.root().wrong("rules", "must be one, of Leases"));
            return;
        }
        Field rule = rules.getFirst();
        if (!rule.texts("apiGroups").equals(List.of("coordination.k8s.io"))) {
            findings.add(rule.wrong("apiGroups", "must be [coordination.k8s.io]"));
        }
        if (!rule.texts("resources").equals(List.of("leases"))) {
            findings.add(rule.wrong("resources", "must be [leases]"));
        }
        if (!Set.copyOf(rule.texts("verbs")).equals(VERBS)) {
            findings.add(rule.wrong("verbs", "must be get, list, create, update, delete, which the processor calls"));
        }
    }
}
