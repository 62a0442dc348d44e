package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The kinds that are not Kubernetes' own, which fabric8's model does not have: the fields of them that are used here, wherever they stand
 * in the object. That finds what is misspelt, not what stands in the wrong place; the published definitions, where they are at hand, find
 * that too.
 */
enum CustomResource {
    SCALED_OBJECT("keda.sh/v1alpha1/ScaledObject", """
            advanced authenticationRef awsRegion behavior containerName cooldownPeriod dimensionName dimensionValue failureThreshold
            fallback horizontalPodAutoscalerConfig ignoreNullValues maxReplicaCount metadata metricCollectionTime metricName metricStat
            metricStatPeriod metricType minMetricValue minReplicaCount name namespace periodSeconds policies pollingInterval query
            replicas scaleDown scaleTargetRef scaleUp selectPolicy serverAddress stabilizationWindowSeconds targetMetricValue threshold
            triggers type value"""),
    TRIGGER_AUTHENTICATION("keda.sh/v1alpha1/TriggerAuthentication", "podIdentity provider"),
    POD_MONITOR(
            "monitoring.coreos.com/v1/PodMonitor",
            "interval key matchExpressions matchLabels operator path podMetricsEndpoints port scrapeTimeout selector values"),
    PROMETHEUS_RULE(
            "monitoring.coreos.com/v1/PrometheusRule",
            "alert annotations expr for groups interval labels name record rules severity summary");

    private final String type;
    private final String fields;

    CustomResource(String type, String fields) {
        this.type = type;
        this.fields = fields;
    }

    /** The kind of a type such as {@code keda.sh/v1alpha1/ScaledObject}. */
    static Optional<CustomResource> of(String type) {
        return Arrays.stream(values()).filter(kind -> kind.type.equals(type)).findFirst();
    }

    private Set<String> known() {
        return Set.of(fields.split("\\s+"));
    }

    /** The fields below this one that are not among those that are used here. */
    Stream<Finding> unknown(Field field) {
        return switch (field.value()) {
            case Map<?, ?> map ->
                map.keySet().stream().map(String::valueOf).flatMap(name -> field.find(name).stream()
                        .flatMap(member -> known().contains(name)
                                ? unknown(member)
                                : Stream.of(member.wrong("is none of the fields of this kind that are known here"))));
            case List<?> _ -> field.items().flatMap(this::unknown);
            default -> Stream.empty();
        };
    }
}
