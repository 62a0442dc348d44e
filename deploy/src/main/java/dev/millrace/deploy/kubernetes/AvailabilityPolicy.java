package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.stack.StreamShards;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The platform goes on when a node, a zone or a pod goes, while it is rolled out, and while it grows. */
final class AvailabilityPolicy implements Policy {

    private static final String ZONE = "topology.kubernetes.io/zone";
    private static final String HOST = "kubernetes.io/hostname";

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        List<Finding> findings = new ArrayList<>();
        if (!rendering.isLocal()) {
            shards(rendering, findings);
        }
        rendering.workloads().forEach(workload -> {
            selector(workload, findings);
            budget(workload, findings);
            // whose successor starts when it is gone is alone, and has nobody to be spread from
            if (!workload.spec().text("strategy", "type").equals("Recreate")) {
                rollout(workload, findings);
                spread(workload, ZONE, findings);
                spread(workload, HOST, findings);
            }
            autoscaler(workload, findings);
        });
        rendering
                .all("PodDisruptionBudget")
                .filter(budget -> rendering.workloads().noneMatch(workload -> isSelected(budget, workload)))
                .forEach(budget -> findings.add(budget.root().wrong("spec.selector.matchLabels", "selects no pod")));
        return findings.stream();
    }

    private static boolean isSelected(Manifest object, Workload workload) {
        return object.root().find("spec", "selector").stream()
                .anyMatch(selector -> Rendering.selects(selector, workload.labels()));
    }

    private static void selector(Workload workload, List<Finding> findings) {
        Map<String, String> selector = workload.root().labels("spec", "selector", "matchLabels");
        // what a selector says can never be changed: no label that an overlay or a release adds
        Map<String, String> expected = Map.of("app.kubernetes.io/name", workload.name());
        if (!selector.equals(expected)) {
            findings.add(workload.root().wrong("spec.selector.matchLabels", "must be " + expected));
        }
        if (!workload.name().equals(workload.labels().get("app.kubernetes.io/name"))) {
            findings.add(workload.root()
                    .wrong("spec.template.metadata.labels", "app.kubernetes.io/name must be " + workload.name()));
        }
    }

    private static void budget(Workload workload, List<Finding> findings) {
        List<Manifest> budgets = workload.rendering()
                .all("PodDisruptionBudget")
                .filter(budget -> isSelected(budget, workload))
                .toList();
        if (budgets.size() != 1) {
            findings.add(workload.root()
                    .wrong("has " + budgets.size() + " PodDisruptionBudgets that select its pods, and must have one"));
        }
        for (Manifest budget : budgets) {
            if (!budget.root().text("spec", "maxUnavailable").equals("1")) {
                findings.add(budget.root().wrong("spec.maxUnavailable", "must be 1"));
            }
            if (!budget.root().text("spec", "unhealthyPodEvictionPolicy").equals("AlwaysAllow")) {
                findings.add(
                        budget.root()
                                .wrong(
                                        "spec.unhealthyPodEvictionPolicy",
                                        "must be AlwaysAllow: a pod that is not ready must not keep a node from being drained"));
            }
        }
    }

    private static void rollout(Workload workload, List<Finding> findings) {
        if (!workload.spec().text("strategy", "rollingUpdate", "maxUnavailable").equals("0")) {
            findings.add(workload.root()
                    .wrong(
                            "spec.strategy.rollingUpdate.maxUnavailable",
                            "must be 0: a new one first, then an old one goes"));
        }
    }

    private static void spread(Workload workload, String topology, List<Finding> findings) {
        String field = "topologySpreadConstraints";
        var constraint = workload.pod()
                .items(field)
                .filter(candidate -> candidate.text("topologyKey").equals(topology))
                .findFirst();
        if (constraint.isEmpty()) {
            findings.add(workload.pod().wrong(field, "must spread the pods by " + topology));
            return;
        }
        Field selector = constraint.get().find("labelSelector").orElse(constraint.get());
        if (!selector.has("matchLabels") || !Rendering.selects(selector, workload.labels())) {
            findings.add(constraint.get().wrong("labelSelector", "selects none of the pods that it is to spread"));
        }
        if (!constraint.get().texts("matchLabelKeys").contains("pod-template-hash")) {
            findings.add(constraint
                    .get()
                    .wrong("matchLabelKeys", "must have pod-template-hash: else a roll-out ends unevenly"));
        }
    }

    private static void autoscaler(Workload workload, List<Finding> findings) {
        List<Manifest> autoscalers = workload.autoscalers().toList();
        int expected = workload.rendering().isLocal() ? 0 : 1;
        if (autoscalers.size() != expected) {
            String those = autoscalers.stream().map(Manifest::kind).toList().toString();
            Field place = autoscalers.isEmpty()
                    ? workload.root()
                    : autoscalers.getLast().root();
            findings.add(place.wrong(
                    "spec.scaleTargetRef",
                    "the Deployment " + workload.name() + " must have " + expected + " of HorizontalPodAutoscaler and"
                            + " ScaledObject, and has " + those));
        }
        if (!autoscalers.isEmpty() && workload.spec().has("replicas")) {
            findings.add(workload.root()
                    .wrong("spec.replicas", "must not be there: each apply would undo what the autoscaler did"));
        }
        autoscalers.forEach(autoscaler -> bounds(workload, autoscaler, findings));
    }

    private static void bounds(Workload workload, Manifest autoscaler, List<Finding> findings) {
        boolean keda = autoscaler.is("ScaledObject");
        String least = keda ? "minReplicaCount" : "minReplicas";
        String most = keda ? "maxReplicaCount" : "maxReplicas";
        Field root = autoscaler.root();
        int min = number(root.text("spec", least));
        int max = number(root.text("spec", most));
        boolean mayBeAlone = workload.rendering().environment().equals("dev")
                && workload.program().filter(Program.GATEWAY::equals).isPresent();
        if (min < (mayBeAlone ? 1 : 2)) {
            findings.add(root.wrong("spec." + least, "must be 2 or more, so that one is there when the other goes"));
        }
        if (max < min) {
            findings.add(root.wrong("spec." + most, "must not be less than " + least + ", " + min));
        }
        if (keda && root.items("spec", "triggers").findAny().isPresent() && !root.has("spec", "fallback")) {
            findings.add(root.wrong("spec.fallback", "must say how many there are while nobody knows the lag"));
        }
        Stream.concat(
                        root.items("spec", "metrics")
                                .flatMap(metric -> metric.find("containerResource", "container").stream()),
                        root.items("spec", "triggers")
                                .flatMap(trigger -> trigger.find("metadata", "containerName").stream()))
                .filter(name -> workload.allContainers()
                        .noneMatch(container -> container.text("name").equals(name.text())))
                .forEach(name -> findings.add(name.wrong("the Deployment has no container " + name.text())));
    }

    /** A processor more than there are shards has nothing to read, but one that stands by. */
    private static void shards(Rendering rendering, List<Finding> findings) throws IOException {
        Optional<Integer> shards = StreamShards.of(rendering.tree(), rendering.environment());
        if (shards.isEmpty()) {
            findings.add(
                    rendering.wrong("namespace", "aws/stack.yaml knows no environment " + rendering.environment()));
            return;
        }
        int most = Math.max(2, shards.get());
        rendering
                .workloads()
                .filter(workload ->
                        workload.program().filter(Program.PROCESSOR::equals).isPresent())
                .flatMap(Workload::autoscalers)
                .forEach(autoscaler -> Stream.of("maxReplicas", "maxReplicaCount")
                        .flatMap(field -> autoscaler.root().find("spec", field).stream())
                        .filter(field -> number(field.text()) > most)
                        .forEach(field -> findings.add(field.wrong(
                                "must be " + most + " or less: the stream has " + shards.get() + " shards"))));
    }

    private static int number(String text) {
        return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
    }
}
