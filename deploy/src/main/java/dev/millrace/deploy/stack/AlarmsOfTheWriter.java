package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An alarm on a cluster of databases follows the writer: an instance by its name is only a reader after a fail-over. */
final class AlarmsOfTheWriter implements Policy {

    private static final Object WRITER = Map.of("Name", "Role", "Value", "WRITER");

    @Override
    public List<Finding> findings(Templates templates) {
        return templates
                .resources("AWS::CloudWatch::Alarm")
                .filter(alarm -> alarm.property("Namespace").map(Yaml::text).equals(Optional.of("AWS/RDS")))
                // one with a condition is of a database that is no cluster: storage
                .filter(alarm -> alarm.body().seek("Condition").isEmpty())
                .filter(alarm -> alarm.property("Dimensions", "Fn::If").stream()
                        .flatMap(Yaml::all)
                        .noneMatch(dimension -> dimension.value().equals(WRITER)))
                .map(alarm -> alarm.finding(
                        "Properties.Dimensions", "must have those of a cluster, DBClusterIdentifier and Role: WRITER"))
                .toList();
    }
}
