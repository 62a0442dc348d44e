package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Alerts and autoscalers ask for metrics that there are: a name that nobody writes is never above a limit. */
final class MetricsPolicy implements Policy {

    static final String TABLE = "docs/operations.md";

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(millrace_\\w+)` \\| (counter|gauge|histogram) ");
    private static final Pattern NAME = Pattern.compile("\\bmillrace_\\w+");

    /** AWS's metrics that are used, with the dimension by which each is asked for. */
    private static final Map<String, String> OF_AWS =
            Map.of("AWS/Kinesis GetRecords.IteratorAgeMilliseconds", "StreamName");

    @Override
    public Stream<Finding> findings(Rendering rendering) throws IOException {
        List<Finding> findings = new ArrayList<>();
        Set<String> known = known(rendering.tree());
        rendering
                .all("PrometheusRule")
                .flatMap(rule -> rule.root().items("spec", "groups"))
                .flatMap(group -> group.items("rules"))
                .flatMap(rule -> rule.find("expr").stream()
                        .map(expr -> new Field(
                                expr.manifest(), expr.path() + " (" + rule.text("alert") + ")", expr.value())))
                .forEach(expression -> expression(expression, known, findings));
        rendering
                .all("ScaledObject")
                .flatMap(object -> object.root().items("spec", "triggers"))
                .forEach(trigger -> trigger(rendering, trigger, known, findings));
        rendering.all("PodMonitor").forEach(monitor -> monitor(rendering, monitor, findings));
        return findings.stream();
    }

    /** A histogram is written as a few metrics. */
    private static Set<String> known(Path tree) throws IOException {
        Set<String> known = new HashSet<>();
        for (MatchResult row :
                ROW.matcher(Files.readString(tree.resolve(TABLE))).results().toList()) {
            known.add(row.group(1));
            if (row.group(2).equals("histogram")) {
                List.of("_bucket", "_count", "_sum", "_max").forEach(suffix -> known.add(row.group(1) + suffix));
            }
        }
        return known;
    }

    private static void expression(Field expression, Set<String> known, List<Finding> findings) {
        NAME.matcher(String.valueOf(expression.value()))
                .results()
                .map(MatchResult::group)
                .filter(name -> !known.contains(name))
                .forEach(name -> findings.add(expression.wrong(TABLE + " knows no metric " + name)));
    }

    private static void trigger(Rendering rendering, Field trigger, Set<String> known, List<Finding> findings) {
        trigger.find("metadata", "query").ifPresent(query -> expression(query, known, findings));
        if (!trigger.text("type").equals("aws-cloudwatch")) {
            return;
        }
        String metric = trigger.text("metadata", "namespace") + " " + trigger.text("metadata", "metricName");
        if (!OF_AWS.containsKey(metric)) {
            findings.add(trigger.wrong("metadata.metricName", metric + " is none of the metrics that are known here"));
        } else if (!trigger.text("metadata", "dimensionName").equals(OF_AWS.get(metric))) {
            findings.add(trigger.wrong("metadata.dimensionName", "must be " + OF_AWS.get(metric)));
        }
        String stream = "sensor-data-stream-" + rendering.environment();
        if (!trigger.text("metadata", "dimensionValue").equals(stream)) {
            findings.add(trigger.wrong("metadata.dimensionValue", "must be " + stream));
        }
        if (!trigger.text("metricType").equals("AverageValue")) {
            findings.add(trigger.wrong("metricType", "must be AverageValue, which fallback needs"));
        }
    }

    private static void monitor(Rendering rendering, Manifest monitor, List<Finding> findings) {
        List<Workload> selected = rendering
                .workloads()
                .filter(workload -> monitor.root().find("spec", "selector").stream()
                        .anyMatch(selector -> Rendering.selects(selector, workload.labels())))
                .toList();
        if (selected.isEmpty()) {
            findings.add(monitor.root().wrong("spec.selector", "selects no pod"));
        }
        monitor.root().items("spec", "podMetricsEndpoints").forEach(endpoint -> selected.stream()
                .filter(workload -> workload.port(endpoint.text("port")).isEmpty())
                .forEach(workload ->
                        findings.add(endpoint.wrong("port", "the pods of " + workload.name() + " have no such port"))));
    }
}
