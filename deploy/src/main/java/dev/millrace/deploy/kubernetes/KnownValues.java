package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the API says of fields beside their types, of those that are used here: which values there are, and which fields must be there.
 * The typed model takes any text and any field's absence.
 */
final class KnownValues implements Policy {

    private static final String POD = "Deployment spec.template.spec.";
    private static final String SPREAD = POD + "topologySpreadConstraints";
    private static final String METRICS = "HorizontalPodAutoscaler spec.metrics";
    private static final String TARGET = METRICS + ".containerResource.target";
    private static final String BEHAVIOR = "HorizontalPodAutoscaler spec.behavior.";
    private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");
    private static final Set<String> SELECTIONS = Set.of("Max", "Min", "Disabled");
    private static final Set<String> POLICY_TYPES = Set.of("Pods", "Percent");

    private static final Map<String, Set<String>> VALUES = Map.ofEntries(
            Map.entry("Deployment spec.strategy.type", Set.of("RollingUpdate", "Recreate")),
            Map.entry(SPREAD + ".whenUnsatisfiable", Set.of("DoNotSchedule", "ScheduleAnyway")),
            Map.entry(SPREAD + ".nodeTaintsPolicy", Set.of("Honor", "Ignore")),
            Map.entry(POD + "containers.imagePullPolicy", Set.of("Always", "IfNotPresent", "Never")),
            Map.entry(POD + "containers.ports.protocol", PROTOCOLS),
            Map.entry(METRICS + ".type", Set.of("ContainerResource")),
            Map.entry(BEHAVIOR + "scaleUp.selectPolicy", SELECTIONS),
            Map.entry(BEHAVIOR + "scaleDown.selectPolicy", SELECTIONS),
            Map.entry(BEHAVIOR + "scaleUp.policies.type", POLICY_TYPES),
            Map.entry(BEHAVIOR + "scaleDown.policies.type", POLICY_TYPES),
            Map.entry("NetworkPolicy spec.policyTypes", Set.of("Ingress", "Egress")),
            Map.entry("NetworkPolicy spec.ingress.ports.protocol", PROTOCOLS),
            Map.entry("NetworkPolicy spec.egress.ports.protocol", PROTOCOLS),
            Map.entry("PodDisruptionBudget spec.unhealthyPodEvictionPolicy", Set.of("AlwaysAllow", "IfHealthyBudget")),
            Map.entry("Service spec.type", Set.of("ClusterIP", "LoadBalancer", "NodePort", "ExternalName")),
            Map.entry("Service spec.ports.protocol", PROTOCOLS));

    private static final Map<String, List<String>> REQUIRED = Map.ofEntries(
            Map.entry("Deployment spec", List.of("selector", "template")),
            Map.entry(SPREAD, List.of("maxSkew", "topologyKey", "whenUnsatisfiable")),
            Map.entry(POD + "containers", List.of("name", "image")),
            Map.entry(POD + "containers.env", List.of("name")),
            Map.entry(POD + "containers.ports", List.of("containerPort")),
            Map.entry(POD + "containers.volumeMounts", List.of("name", "mountPath")),
            Map.entry(POD + "volumes", List.of("name")),
            Map.entry("HorizontalPodAutoscaler spec", List.of("scaleTargetRef", "maxReplicas")),
            Map.entry("HorizontalPodAutoscaler spec.scaleTargetRef", List.of("apiVersion", "kind", "name")),
            Map.entry(METRICS, List.of("type", "containerResource")),
            Map.entry(METRICS + ".containerResource", List.of("name", "container", "target")),
            Map.entry(TARGET, List.of("type")),
            Map.entry(BEHAVIOR + "scaleUp.policies", List.of("type", "value", "periodSeconds")),
            Map.entry(BEHAVIOR + "scaleDown.policies", List.of("type", "value", "periodSeconds")),
            Map.entry("NetworkPolicy spec", List.of("podSelector", "policyTypes")),
            Map.entry("NetworkPolicy spec.ingress.ports", List.of("port")),
            Map.entry("NetworkPolicy spec.egress.ports", List.of("port")),
            Map.entry("Service spec.ports", List.of("port")));

    /** The field that has an autoscaler's value, by the type of its target. */
    private static final Map<String, String> OF_TARGET =
            Map.of("Utilization", "averageUtilization", "AverageValue", "averageValue", "Value", "value");

    private static final Pattern ITEM = Pattern.compile("\\[[^]]*]");

    @Override
    public Stream<Finding> findings(Rendering rendering) {
        return rendering.objects().stream()
                .flatMap(object -> object.root().find("spec").stream())
                .flatMap(KnownValues::all)
                .flatMap(KnownValues::problems);
    }

    /** A field and all below it. */
    private static Stream<Field> all(Field field) {
        Stream<Field> below =
                switch (field.value()) {
                    case Map<?, ?> map ->
                        map.keySet().stream().flatMap(name -> field.find(String.valueOf(name)).stream());
                    case List<?> _ -> field.items();
                    default -> Stream.empty();
                };
        return Stream.concat(Stream.of(field), below.flatMap(KnownValues::all));
    }

    private static Stream<Finding> problems(Field field) {
        if (field.value() instanceof List<?>) {
            return Stream.empty();
        }
        String place =
                field.manifest().kind() + " " + ITEM.matcher(field.path()).replaceAll("");
        Set<String> values = VALUES.getOrDefault(place, Set.of(field.text()));
        Stream<Finding> unknown = values.contains(field.text())
                ? Stream.empty()
                : Stream.of(
                        field.wrong("must be one of " + values.stream().sorted().toList()));
        Stream<Finding> missing = REQUIRED.getOrDefault(place, List.of()).stream()
                .filter(name -> !field.has(name))
                .map(name -> field.wrong(name, "must be there"));
        return Stream.concat(Stream.concat(unknown, missing), place.equals(TARGET) ? target(field) : Stream.empty());
    }

    private static Stream<Finding> target(Field target) {
        String type = target.text("type");
        String needed = OF_TARGET.get(type);
        if (needed == null) {
            return Stream.of(target.wrong(
                    "type",
                    "must be one of " + OF_TARGET.keySet().stream().sorted().toList()));
        }
        return OF_TARGET.values().stream()
                .filter(name -> target.has(name) != name.equals(needed))
                .sorted()
                .map(name -> target.wrong(
                        name, (name.equals(needed) ? "must be there" : "must not be there") + ": the type is " + type));
    }
}
