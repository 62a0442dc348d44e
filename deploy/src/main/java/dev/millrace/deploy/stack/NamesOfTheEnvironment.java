package dev.millrace.deploy.stack;

import static java.util.Map.entry;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What can have a name has one, and it ends in the environment: environments stand side by side in one account. */
final class NamesOfTheEnvironment implements Policy {

    private static final String SUFFIX = "${Environment}";

    /** Parameters are told apart by the beginning of their names. */
    private static final String PARAMETERS = "/iot/${Environment}/";

    /** RDS makes its log groups' names of the database's, which has the suffix. */
    private static final Pattern BY_AWS = Pattern.compile("/aws/rds/[a-z]+/[a-z-]+-\\$\\{Environment}/[a-z]+");

    private static final Map<String, String> NAMES = Map.ofEntries(
            entry("AWS::ApiGatewayV2::Api", "Name"),
            entry("AWS::ApiGatewayV2::VpcLink", "Name"),
            entry("AWS::CloudTrail::Trail", "TrailName"),
            entry("AWS::CloudWatch::Alarm", "AlarmName"),
            entry("AWS::CloudWatch::Dashboard", "DashboardName"),
            entry("AWS::EC2::SecurityGroup", "GroupName"),
            entry("AWS::ECR::Repository", "RepositoryName"),
            entry("AWS::ElastiCache::ReplicationGroup", "ReplicationGroupId"),
            entry("AWS::ElastiCache::SubnetGroup", "CacheSubnetGroupName"),
            entry("AWS::Glue::Database", "DatabaseInput/Name"),
            entry("AWS::Glue::Table", "TableInput/Name"),
            entry("AWS::IAM::Role", "RoleName"),
            entry("AWS::Kinesis::Stream", "Name"),
            entry("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"),
            entry("AWS::KMS::Alias", "AliasName"),
            entry("AWS::Logs::LogGroup", "LogGroupName"),
            entry("AWS::Logs::LogStream", "LogStreamName"),
            entry("AWS::RDS::DBCluster", "DBClusterIdentifier"),
            entry("AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName"),
            entry("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
            entry("AWS::RDS::DBParameterGroup", "DBParameterGroupName"),
            entry("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"),
            entry("AWS::S3::Bucket", "BucketName"),
            entry("AWS::SecretsManager::RotationSchedule", "HostedRotationLambda/RotationLambdaName"),
            entry("AWS::SecretsManager::Secret", "Name"),
            entry("AWS::SNS::Topic", "TopicName"),
            entry("AWS::SSM::Parameter", "Name"));

    @Override
    public List<Finding> findings(Templates templates) {
        return templates
                .resources()
                .filter(resource -> NAMES.containsKey(resource.type()))
                .flatMap(NamesOfTheEnvironment::findings)
                .toList();
    }

    private static Stream<Finding> findings(Resource resource) {
        String field = Optional.ofNullable(NAMES.get(resource.type())).orElseThrow();
        List<String> names = resource.property(field.split("/", -1)).stream()
                .flatMap(Names::of)
                .toList();
        String at = "Properties." + field.replace('/', '.');
        if (names.isEmpty()) {
            return Stream.of(resource.finding(at, "is not there; a name that AWS makes up cannot be found again"));
        }
        return names.stream()
                .filter(name -> !belongs(resource, name))
                .map(name -> resource.finding(
                        at,
                        resource.is("AWS::SSM::Parameter")
                                ? name + " does not begin with " + PARAMETERS
                                : name + " does not end in " + SUFFIX));
    }

    private static boolean belongs(Resource resource, String name) {
        return resource.is("AWS::SSM::Parameter")
                ? name.startsWith(PARAMETERS)
                : name.endsWith(SUFFIX) || BY_AWS.matcher(name).matches();
    }

    /** What a value may be as text, parameters unresolved. */
    private static final class Names {

        private static Stream<String> of(Yaml value) {
            if (value.seek("Fn::If").isPresent()) {
                return value.at("Fn::If").items().skip(1).flatMap(Names::of);
            }
            return Stream.of(value.seek("Fn::Sub").orElse(value).text());
        }
    }
}
