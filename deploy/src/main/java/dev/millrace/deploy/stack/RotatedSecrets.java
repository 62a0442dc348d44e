package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Optional;

/** Every secret gets a new value every 30 days, by a function that AWS provides. */
final class RotatedSecrets implements Policy {

    private static final String DAYS = "30";

    @Override
    public List<Finding> findings(Templates templates) {
        return templates.all().stream()
                .flatMap(template -> template.resources("AWS::SecretsManager::Secret")
                        .filter(secret -> template.resources("AWS::SecretsManager::RotationSchedule")
                                .noneMatch(schedule -> rotates(schedule, secret)))
                        .map(secret -> secret.finding("Properties", "has no rotation every " + DAYS + " days")))
                .toList();
    }

    private static boolean rotates(Resource schedule, Resource secret) {
        return schedule.property("SecretId", "Ref").map(Yaml::text).equals(Optional.of(secret.id()))
                && schedule.property("RotationRules", "AutomaticallyAfterDays")
                        .map(Yaml::text)
                        .equals(Optional.of(DAYS))
                && schedule.property("HostedRotationLambda").isPresent();
    }
}
