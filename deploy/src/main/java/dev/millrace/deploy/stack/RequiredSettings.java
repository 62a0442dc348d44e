package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a resource of a type must say about itself: encryption, rotation of keys, TLS, validation, public access. */
final class RequiredSettings implements Policy {

    private static final String IN_CLUSTER = "DBClusterIdentifier";

    /**
     * A field that must be there.
     *
     * @param path the way to it below {@code Properties}, {@code /} between names; a list's first item is {@code 0}
     * @param value what it must be, where that is not open
     */
    private record Setting(String type, String path, Optional<String> value, String why) {

        private static Setting present(String type, String path, String why) {
            return new Setting(type, path, Optional.empty(), why);
        }

        private static Setting equal(String type, String path, String value, String why) {
            return new Setting(type, path, Optional.of(value), why);
        }
    }

    private static final String ENCRYPTED = "every store is encrypted with a key of its environment";

    private static final String NO_SLIP = "prod's database is not deleted by a slip";

    /** {@code !If [KeepsData, true, false]} */
    private static final String KEPT_IN_PROD = "{Fn::If=[KeepsData, true, false]}";

    private static final String DEFAULT_ENCRYPTION =
            "BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID";

    private static final List<Setting> SETTINGS = List.of(
            Setting.equal("AWS::KMS::Key", "EnableKeyRotation", "true", "keys rotate"),
            Setting.equal("AWS::KMS::Key", "PendingWindowInDays", "7", "a deleted key can be had back for seven days"),
            Setting.present("AWS::Kinesis::Stream", "StreamEncryption/KeyId", ENCRYPTED),
            Setting.present("AWS::Kinesis::Stream", "DesiredShardLevelMetrics", "a hot shard is seen"),
            Setting.equal(
                    "AWS::Kinesis::Stream",
                    "RetentionPeriodHours",
                    "{Ref=RetentionHours}",
                    "the environment's size says it"),
            Setting.present("AWS::S3::Bucket", DEFAULT_ENCRYPTION, ENCRYPTED),
            Setting.equal(
                    "AWS::S3::Bucket",
                    "BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled",
                    "true",
                    "a call of KMS for each object costs"),
            Setting.equal("AWS::S3::Bucket", "VersioningConfiguration/Status", "Enabled", "mistakes can be undone"),
            Setting.equal(
                    "AWS::S3::Bucket", "PublicAccessBlockConfiguration/BlockPublicAcls", "true", "nothing is public"),
            Setting.equal(
                    "AWS::S3::Bucket", "PublicAccessBlockConfiguration/BlockPublicPolicy", "true", "nothing is public"),
            Setting.equal(
                    "AWS::S3::Bucket", "PublicAccessBlockConfiguration/IgnorePublicAcls", "true", "nothing is public"),
            Setting.equal(
                    "AWS::S3::Bucket",
                    "PublicAccessBlockConfiguration/RestrictPublicBuckets",
                    "true",
                    "nothing is public"),
            Setting.present("AWS::S3::Bucket", "LifecycleConfiguration/Rules", "what is kept has an end"),
            Setting.present(
                    "AWS::KinesisFirehose::DeliveryStream",
                    "ExtendedS3DestinationConfiguration/EncryptionConfiguration/KMSEncryptionConfig/AWSKMSKeyARN",
                    ENCRYPTED),
            Setting.equal("AWS::RDS::DBInstance", "StorageEncrypted", "true", ENCRYPTED),
            Setting.present("AWS::RDS::DBInstance", "KmsKeyId", ENCRYPTED),
            Setting.present("AWS::RDS::DBInstance", "MaxAllocatedStorage", "storage grows by itself"),
            Setting.present("AWS::RDS::DBInstance", "BackupRetentionPeriod", "the database can be restored"),
            Setting.equal("AWS::RDS::DBInstance", "DeletionProtection", KEPT_IN_PROD, NO_SLIP),
            Setting.equal("AWS::RDS::DBInstance", "MultiAZ", "{Ref=MultiAZ}", "the environment's size says it"),
            Setting.equal("AWS::RDS::DBInstance", "PubliclyAccessible", "false", "nothing is public"),
            Setting.equal("AWS::RDS::DBCluster", "StorageEncrypted", "true", ENCRYPTED),
            Setting.present("AWS::RDS::DBCluster", "KmsKeyId", ENCRYPTED),
            Setting.present("AWS::RDS::DBCluster", "BackupRetentionPeriod", "the database can be restored"),
            Setting.equal("AWS::RDS::DBCluster", "DeletionProtection", KEPT_IN_PROD, NO_SLIP),
            Setting.equal("AWS::RDS::DBParameterGroup", "Parameters/rds.force_ssl", "1", "logins come over TLS"),
            Setting.equal("AWS::RDS::DBClusterParameterGroup", "Parameters/rds.force_ssl", "1", "logins come over TLS"),
            Setting.equal("AWS::ElastiCache::ReplicationGroup", "AtRestEncryptionEnabled", "true", ENCRYPTED),
            Setting.present("AWS::ElastiCache::ReplicationGroup", "KmsKeyId", ENCRYPTED),
            Setting.equal(
                    "AWS::ElastiCache::ReplicationGroup", "TransitEncryptionEnabled", "true", "Redis is read over TLS"),
            Setting.equal("AWS::ElastiCache::ReplicationGroup", "AutomaticFailoverEnabled", "true", "a zone may go"),
            Setting.equal("AWS::ElastiCache::ReplicationGroup", "MultiAZEnabled", "true", "a zone may go"),
            Setting.equal("AWS::ElastiCache::ReplicationGroup", "SnapshotRetentionLimit", "5", "Redis can be restored"),
            Setting.equal("AWS::EFS::FileSystem", "Encrypted", "true", ENCRYPTED),
            Setting.present("AWS::EFS::FileSystem", "KmsKeyId", ENCRYPTED),
            Setting.present("AWS::SNS::Topic", "KmsMasterKeyId", ENCRYPTED),
            Setting.present("AWS::SecretsManager::Secret", "KmsKeyId", ENCRYPTED),
            Setting.present("AWS::Logs::LogGroup", "KmsKeyId", ENCRYPTED),
            Setting.present("AWS::Logs::LogGroup", "RetentionInDays", "what is kept has an end"),
            Setting.present("AWS::ECR::Repository", "EncryptionConfiguration/KmsKey", ENCRYPTED),
            Setting.equal("AWS::ECR::Repository", "ImageTagMutability", "IMMUTABLE", "a tag stays what it was"),
            Setting.equal(
                    "AWS::ECR::Repository", "ImageScanningConfiguration/ScanOnPush", "true", "images are scanned"),
            Setting.present("AWS::CloudTrail::Trail", "KMSKeyId", ENCRYPTED),
            Setting.equal("AWS::CloudTrail::Trail", "EnableLogFileValidation", "true", "a changed log is seen"),
            Setting.equal("AWS::CloudTrail::Trail", "IsLogging", "true", "a trail that does not log is none"),
            Setting.present("AWS::CloudTrail::Trail", "InsightSelectors", "unusual calls are seen"),
            Setting.present("AWS::CloudWatch::Alarm", "AlarmActions", "somebody is told"),
            Setting.present("AWS::ApiGatewayV2::Stage", "AccessLogSettings/DestinationArn", "who came is written down"),
            Setting.present(
                    "AWS::ApiGatewayV2::Stage", "DefaultRouteSettings/ThrottlingRateLimit", "requests are limited"));

    @Override
    public List<Finding> findings(Templates templates) {
        List<Finding> findings = new ArrayList<>();
        templates.resources().forEach(resource -> SETTINGS.stream()
                .filter(setting -> resource.is(setting.type()))
                // storage and backups of an instance in a cluster are the cluster's
                .filter(setting -> resource.is("AWS::RDS::DBCluster")
                        || resource.property(IN_CLUSTER).isEmpty()
                        || setting.path().equals("PubliclyAccessible"))
                .flatMap(setting -> finding(resource, setting).stream())
                .forEach(findings::add));
        return findings;
    }

    private static Optional<Finding> finding(Resource resource, Setting setting) {
        Optional<Yaml> found = find(resource, setting.path());
        String field = "Properties." + setting.path().replace('/', '.');
        if (found.isEmpty()) {
            return Optional.of(resource.finding(field, "is not there: " + setting.why()));
        }
        return setting.value()
                .filter(value -> !value.equals(found.get().text()))
                .map(value -> resource.finding(
                        field, "is " + found.get().text() + " and must be " + value + ": " + setting.why()));
    }

    private static Optional<Yaml> find(Resource resource, String path) {
        Optional<Yaml> here = resource.body().seek("Properties");
        for (String name : path.split("/", -1)) {
            here = name.equals("0")
                    ? here.flatMap(list -> list.each().findFirst())
                    : here.flatMap(map -> map.seek(name));
        }
        return here;
    }
}
