package dev.millrace.deploy.cluster;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import dev.millrace.deploy.stack.PlatformMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the observability add-on is told to bring to CloudWatch: exactly the metrics that alarms and the dashboard name, of the pods of this
 * environment, from the port that has them.
 */
final class ScrapedMetrics {

    private static final String ADDON = "amazon-cloudwatch-observability";

    private final Path tree;
    private final String file;
    private final String environment;

    ScrapedMetrics(Path tree, String file, String environment) {
        this.tree = tree;
        this.file = file;
        this.environment = environment;
    }

    List<Finding> findings(Yaml cluster) throws IOException {
        Optional<Yaml> addon = cluster.itemsAt("addons")
                .filter(each -> each.seek("name").map(Yaml::text).equals(Optional.of(ADDON)))
                .findFirst();
        if (addon.isEmpty()) {
            return List.of(finding("addons", "there is no " + ADDON + ", which our alarms live on"));
        }
        List<Finding> findings = new ArrayList<>();
        if (!addon.get()
                .seek("useDefaultPodIdentityAssociations")
                .map(Yaml::text)
                .equals(Optional.of("true"))) {
            findings.add(finding("addons", ADDON + " has no rights without useDefaultPodIdentityAssociations"));
        }
        String values = addon.get().seek("configurationValues").map(Yaml::text).orElse("");
        List<Yaml> documents = Yaml.documents("addons/" + ADDON, values);
        if (documents.isEmpty()) {
            findings.add(finding("addons." + ADDON + ".configurationValues", "is not there"));
            return findings;
        }
        Yaml configuration = documents.getFirst();
        findings.addAll(metrics(configuration));
        findings.addAll(values(configuration));
        return findings;
    }

    private List<Finding> metrics(Yaml configuration) throws IOException {
        Set<String> selected = texts(configuration, "metric_selectors").stream()
                .map(selector -> selector.replaceAll("^\\^|\\$$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> named = PlatformMetrics.named(tree);
        Set<String> existing = PlatformMetrics.existing(tree);
        String field = "addons." + ADDON + ".metric_selectors";
        List<Finding> findings = new ArrayList<>();
        selected.stream()
                .filter(metric -> !existing.contains(metric))
                .map(metric -> finding(field, metric + " is no metric of docs/operations.md"))
                .forEach(findings::add);
        named.stream()
                .filter(metric -> !selected.contains(metric))
                .map(metric -> finding(field, metric + " is named in aws/ and not brought to CloudWatch"))
                .forEach(findings::add);
        selected.stream()
                .filter(metric -> existing.contains(metric) && !named.contains(metric))
                .map(metric -> finding(field, metric + " costs, and nothing in aws/ names it"))
                .forEach(findings::add);
        return findings;
    }

    private List<Finding> values(Yaml configuration) {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(expected(configuration, "metric_namespace", Set.of(PlatformMetrics.NAMESPACE)));
        findings.addAll(expected(configuration, "names", Set.of("iot-" + environment)));
        findings.addAll(expected(
                configuration,
                "log_group_name",
                Set.of("/aws/containerinsights/iot-processing-cluster-" + environment + "/prometheus")));
        findings.addAll(expected(configuration, "label_matcher", Set.of("^" + environment + "$", "^5xx$")));
        findings.addAll(expected(configuration, "dimensions", Set.of("[Environment]", "[Environment, class]")));
        findings.addAll(expected(configuration, "target_label", Set.of("Environment", "class")));
        findings.addAll(expected(
                configuration,
                "source_labels",
                Set.of("Environment", "class", "__meta_kubernetes_pod_container_port_name", "__name__", "status")));
        findings.addAll(
                expected(configuration, "regex", Set.of("ops", "millrace_.*", "millrace_gateway_requests_total;5..")));
        findings.addAll(expected(configuration, "replacement", Set.of(environment, "5xx")));
        return findings;
    }

    private List<Finding> expected(Yaml configuration, String field, Set<String> values) {
        Set<String> found = texts(configuration, field);
        return found.equals(values)
                ? List.of()
                : List.of(finding("addons." + ADDON + "." + field, "is " + found + " and must be " + values));
    }

    /** What stands under a name, wherever it does. */
    private static Set<String> texts(Yaml configuration, String name) {
        return configuration
                .all()
                .flatMap(value -> value.seek(name).stream())
                .flatMap(Yaml::each)
                .map(Yaml::text)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Finding finding(String field, String problem) {
        return new Finding(file, field, problem);
    }
}
