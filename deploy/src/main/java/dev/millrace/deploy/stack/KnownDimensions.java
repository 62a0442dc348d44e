package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An alarm on a dimension that our metrics are not brought to CloudWatch with would be quiet for ever, too. */
final class KnownDimensions implements Policy {

    private static final Map<String, Object> ENVIRONMENT =
            Map.of("Name", "Environment", "Value", Map.of("Ref", "Environment"));

    private static final Map<String, Object> ERRORS = Map.of("Name", "class", "Value", "5xx");

    private static final Set<Object> KNOWN = Set.of(List.of(ENVIRONMENT), List.of(ENVIRONMENT, ERRORS));

    private static final Pattern IN_DASHBOARD =
            Pattern.compile("\\[\"" + PlatformMetrics.NAMESPACE + "\", \"[^\"]+\"(, [^\\]]*)?]");

    private static final Set<String> KNOWN_IN_DASHBOARD = Set.of(
            ", \"Environment\", \"${Environment}\"", ", \"Environment\", \"${Environment}\", \"class\", \"5xx\"");

    @Override
    public List<Finding> findings(Templates templates) {
        return templates
                .resources()
                .flatMap(resource -> Stream.concat(inAlarms(resource), inDashboards(resource)))
                .toList();
    }

    private static Stream<Finding> inAlarms(Resource resource) {
        return resource.body()
                .all()
                .filter(metric -> metric.seek("Namespace")
                        .filter(name -> name.text().equals(PlatformMetrics.NAMESPACE))
                        .isPresent())
                .filter(metric -> metric.seek("Dimensions")
                        .filter(dimensions -> KNOWN.contains(dimensions.value()))
                        .isEmpty())
                .map(
                        metric -> resource.finding(
                                new Yaml(metric.where() + "/Dimensions", metric.value()),
                                "must be Environment, !Ref Environment, or with it class, 5xx: eksctl-cluster.yaml brings no other"));
    }

    private static Stream<Finding> inDashboards(Resource resource) {
        return resource.property("DashboardBody", "Fn::Sub").stream().flatMap(body -> IN_DASHBOARD
                .matcher(body.text())
                .results()
                .filter(metric -> metric.group(1) == null || !KNOWN_IN_DASHBOARD.contains(metric.group(1)))
                .map(metric ->
                        resource.finding(body, metric.group() + ": eksctl-cluster.yaml brings no such dimensions")));
    }
}
