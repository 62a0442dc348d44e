package dev.millrace.deploy.stack;

import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The platform's metrics in CloudWatch: their namespace, those that exist, those that alarms and the dashboard name. */
public final class PlatformMetrics {

    /** Where they stand in CloudWatch. */
    public static final String NAMESPACE = "Millrace";

    /** A row of the tables in {@code docs/operations.md}, which tests hold against the programs' registries. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(millrace_[a-z0-9_]+)` \\| ([a-z]+) \\|");

    private static final Pattern IN_DASHBOARD = Pattern.compile("\\[\"" + NAMESPACE + "\", \"([^\"]+)\"");

    private PlatformMetrics() {}

    /** The metrics that the services have. A histogram has a gauge of its largest value besides. */
    public static Set<String> existing(Path tree) throws IOException {
        return ROW.matcher(Files.readString(tree.resolve("docs/operations.md")))
                .results()
                .flatMap(row -> row.group(2).equals("histogram")
                        ? Stream.of(row.group(1), row.group(1) + "_max")
                        : Stream.of(row.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The metrics that the tree's templates name. */
    public static Set<String> named(Path tree) throws IOException {
        return Templates.of(tree)
                .resources()
                .flatMap(resource -> named(resource).map(Yaml::text))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The metrics of ours that a resource names, with where it does. */
    static Stream<Yaml> named(Resource resource) {
        Stream<Yaml> alarms = resource.body()
                .all()
                .filter(value -> value.seek("Namespace")
                        .filter(name -> name.text().equals(NAMESPACE))
                        .isPresent())
                .flatMap(metric -> metric.seek("MetricName").stream());
        Stream<Yaml> dashboards = resource.property("DashboardBody", "Fn::Sub").stream()
                .flatMap(body -> IN_DASHBOARD
                        .matcher(body.text())
                        .results()
                        .map(metric -> new Yaml(body.where(), metric.group(1))));
        return Stream.concat(alarms, dashboards);
    }
}
