package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A service of AWS that uses a key by its own name, and not by its caller's, is let in by the key's policy. */
final class KeysOfServices implements Policy {

    private static final String KEYS = "aws/keys.yaml";

    /**
     * Whom a resource's key must let in.
     *
     * @param property which property has the key
     * @param service the beginning of the service's name
     */
    private record User(String property, String service) {}

    private static final Map<String, User> USERS = Map.of(
            "AWS::CloudTrail::Trail", new User("KMSKeyId", "cloudtrail."),
            "AWS::Logs::LogGroup", new User("KmsKeyId", "logs."),
            // alarms publish to the topics
            "AWS::SNS::Topic", new User("KmsMasterKeyId", "cloudwatch."));

    @Override
    public List<Finding> findings(Templates templates) {
        Optional<Template> keys = templates.named(KEYS);
        return USERS.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(user -> keys.stream()
                        .flatMap(template -> used(templates, template, user.getKey(), user.getValue())
                                .filter(key -> !letsIn(key, user.getValue()))
                                .map(key -> key.finding(
                                        "Properties.KeyPolicy",
                                        "does not let in " + user.getValue().service() + "amazonaws.com, for "
                                                + user.getKey()))))
                .toList();
    }

    /** The keys that resources of a type are encrypted with: by a parameter of their template, which is an output of that of the keys. */
    private static Stream<Resource> used(Templates templates, Template keys, String type, User user) {
        Set<String> parameters = templates
                .resources(type)
                .flatMap(resource -> resource.property(user.property(), "Ref").stream())
                .map(Yaml::text)
                .collect(Collectors.toUnmodifiableSet());
        Set<String> arns = keys.section("Outputs")
                .filter(output -> parameters.contains(output.getKey()))
                .flatMap(output -> output.getValue().seek("Value", "Fn::GetAtt").stream())
                .map(Yaml::text)
                .collect(Collectors.toUnmodifiableSet());
        return keys.resources("AWS::KMS::Key").filter(key -> arns.contains(key.id() + ".Arn"));
    }

    private static boolean letsIn(Resource key, User user) {
        return Statement.of(key)
                .filter(Statement::allows)
                .filter(statement -> statement.actions().contains("kms:GenerateDataKey"))
                .flatMap(statement -> statement.value().seek("Principal", "Service").stream())
                .map(service -> service.seek("Fn::Sub").orElse(service).text())
                .anyMatch(service -> service.startsWith(user.service()));
    }
}
