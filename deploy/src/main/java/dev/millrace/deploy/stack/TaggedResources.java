package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Everything has the tags Environment and Project, by which its costs are told apart. */
final class TaggedResources implements Policy {

    /** The types of CloudFormation that take no tags. A type that is not here must have them. */
    private static final Set<String> WITHOUT_TAGS = Set.of(
            "AWS::ApiGatewayV2::Integration",
            "AWS::ApiGatewayV2::Route",
            "AWS::CloudWatch::Dashboard",
            "AWS::EC2::SecurityGroupEgress",
            "AWS::EFS::MountTarget",
            "AWS::Glue::Database",
            "AWS::Glue::Table",
            "AWS::KMS::Alias",
            "AWS::Logs::LogStream",
            "AWS::S3::BucketPolicy",
            "AWS::SecretsManager::RotationSchedule",
            "AWS::SecretsManager::SecretTargetAttachment",
            "AWS::SNS::Subscription",
            "AWS::SNS::TopicPolicy");

    private static final Map<String, Object> TAGS =
            Map.of("Environment", Map.of("Ref", "Environment"), "Project", "millrace");

    @Override
    public List<Finding> findings(Templates templates) {
        return templates
                .resources()
                .filter(resource -> !WITHOUT_TAGS.contains(resource.type()))
                .flatMap(resource -> TAGS.entrySet().stream()
                        .filter(tag -> !tag.getValue().equals(tags(resource).get(tag.getKey())))
                        .map(Map.Entry::getKey)
                        .sorted()
                        .map(tag ->
                                resource.finding("Properties.Tags", "has not the tag " + tag + " of the environment")))
                .toList();
    }

    private static Map<String, Object> tags(Resource resource) {
        Optional<Yaml> tags = resource.property("Tags").or(() -> resource.property("FileSystemTags"));
        return tags.stream()
                .flatMap(value -> value.value() instanceof List<?>
                        ? value.items()
                                .filter(tag -> tag.seek("Key").isPresent()
                                        && tag.seek("Value").isPresent())
                                .map(tag -> Map.entry(tag.at("Key").text(), tag.at("Value")))
                        : value.entries())
                .collect(Collectors.toMap(
                        Map.Entry::getKey, tag -> tag.getValue().value(), (_, last) -> last));
    }
}
