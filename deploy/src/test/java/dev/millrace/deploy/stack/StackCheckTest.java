package dev.millrace.deploy.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Project;
import dev.millrace.deploy.TreeCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The project's stack has no mistake of the kinds that are looked for, and each kind is found where it is made. */
class StackCheckTest {

    /**
     * A mistake of a human.
     *
     * @param text what is there, replaced once by {@code instead}
     * @param inFile where it is found, which may be another file
     */
    private record Mistake(String name, String file, String text, String instead, String inFile, String field) {

        private static Mistake in(String name, String file, String text, String instead, String field) {
            return new Mistake(name, "aws/" + file, text, instead, "aws/" + file, field);
        }

        private Mistake foundIn(String other) {
            return new Mistake(name, file, text, instead, "aws/" + other, field);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Mistake> mistakes() {
        return Stream.of(
                Mistake.in(
                        "a database that is not encrypted",
                        "database.yaml",
                        "      StorageEncrypted: true\n",
                        "",
                        "Instance.Properties.StorageEncrypted"),
                Mistake.in(
                        "a database that takes logins without TLS",
                        "database.yaml",
                        "rds.force_ssl: \"1\"",
                        "rds.force_ssl: \"0\"",
                        "Settings.Properties.Parameters.rds.force_ssl"),
                Mistake.in(
                        "a database that is open to everybody",
                        "network.yaml",
                        "SourceSecurityGroupId: !Ref ClusterSecurityGroupId, Description: Pods}",
                        "CidrIp: 0.0.0.0/0, Description: Pods}",
                        "DatabaseGroup.Properties.SecurityGroupIngress.-.CidrIp"),
                Mistake.in(
                        "a key that does not rotate",
                        "keys.yaml",
                        "EnableKeyRotation: true",
                        "EnableKeyRotation: false",
                        "KinesisKey.Properties.EnableKeyRotation"),
                Mistake.in(
                        "a password that is kept for a year",
                        "database.yaml",
                        "AutomaticallyAfterDays: 30",
                        "AutomaticallyAfterDays: 365",
                        "OwnerSecret.Properties"),
                Mistake.in(
                        "a bucket that is read without TLS",
                        "archive.yaml",
                        "{aws:SecureTransport: \"false\"}",
                        "{aws:SecureTransport: \"true\"}",
                        "RawBucket.Properties"),
                Mistake.in(
                        "an alarm on a metric that nobody has",
                        "platform-alarms.yaml",
                        "millrace_processor_lag_seconds",
                        "millrace_processor_lag_second",
                        "Lag.Properties.MetricName"),
                Mistake.in(
                        "a dashboard of a metric that nobody has",
                        "dashboard.yaml",
                        "millrace_processor_rows_total",
                        "millrace_processor_rows",
                        "Dashboard.Properties.DashboardBody.Fn::Sub"),
                Mistake.in(
                        "a stream of no environment",
                        "stream.yaml",
                        "sensor-data-stream-${Environment}",
                        "sensor-data-stream",
                        "Stream.Properties.Name"),
                Mistake.in(
                        "a right to all secrets",
                        "access.yaml",
                        "Resource: !Ref GatewaySecretArn",
                        "Resource: \"*\"",
                        "GatewayRole.Properties.Policies.-.PolicyDocument.Statement.-"),
                Mistake.in(
                        "a right to all of Kinesis",
                        "access.yaml",
                        "Action: [kinesis:ListShards, kinesis:PutRecords]",
                        "Action: kinesis:*",
                        "GatewayRole.Properties.Policies.-.PolicyDocument.Statement.-"),
                Mistake.in(
                        "a call that is not allowed",
                        "access.yaml",
                        "Action: [kinesis:ListShards, kinesis:PutRecords]",
                        "Action: kinesis:ListShards",
                        "GatewayRole.Properties.Policies"),
                Mistake.in(
                        "a right that nobody uses",
                        "access.yaml",
                        "Action: [kinesis:ListShards, kinesis:PutRecords]",
                        "Action: [kinesis:DescribeStream, kinesis:ListShards, kinesis:PutRecords]",
                        "GatewayRole.Properties.Policies"),
                Mistake.in(
                        "a workflow that may not ask what it asks",
                        "deploy-role.yaml",
                        "                  - rds:DescribeDBClusters\n",
                        "",
                        "DeployRole.Properties.Policies"),
                Mistake.in(
                        "names of secrets with open ends",
                        "deploy-role.yaml",
                        "        LooksAtLogins: Secrets Manager",
                        "        AsksForLogins: Secrets Manager",
                        "DeployRole.Properties.Policies.-.PolicyDocument.Statement.-"),
                Mistake.in(
                        "an excuse for nothing",
                        "deploy-role.yaml",
                        "LogsInToTheRegistry: AWS",
                        "LogsIn: AWS",
                        "DeployRole.Metadata.Wildcards.LogsIn"),
                Mistake.in(
                        "a resource without tags",
                        "cache.yaml",
                        "      Tags: [{Key: Environment, Value: !Ref Environment}, {Key: Project, Value: millrace}]\n",
                        "",
                        "Subnets.Properties.Tags"),
                Mistake.in(
                        "a stream of prod that goes with the stack",
                        "stream.yaml",
                        "DeletionPolicy: !If [KeepsData, Retain, Delete]",
                        "DeletionPolicy: Delete",
                        "Stream.DeletionPolicy"),
                Mistake.in(
                        "a condition that keeps dev's data",
                        "stream.yaml",
                        "KeepsData: !Equals [!Ref Environment, prod]",
                        "KeepsData: !Equals [!Ref Environment, dev]",
                        "Conditions.KeepsData"),
                Mistake.in(
                        "a reference to nothing",
                        "stream.yaml",
                        "!Ref StreamKeyArn",
                        "!Ref StreamKey",
                        "Stream.Properties.StreamEncryption.KeyId.Ref"),
                Mistake.in(
                        "a variable of nothing in a text",
                        "archive.yaml",
                        "!Sub ${RawBucket.Arn}/*",
                        "!Sub ${RowBucket.Arn}/*",
                        "ArchiveRole.Properties.Policies.-.PolicyDocument.Statement.-.Resource.Fn::Sub"),
                Mistake.in(
                        "a parameter that is not handed on",
                        "stack.yaml",
                        "        RetentionHours: !FindInMap [Environments, !Ref Environment, RetentionHours]\n",
                        "",
                        "Stream.Properties.Parameters.RetentionHours"),
                Mistake.in(
                        "an output that is not there",
                        "stack.yaml",
                        "!GetAtt Stream.Outputs.StreamArn",
                        "!GetAtt Stream.Outputs.Arn",
                        "Stream.Outputs.Arn"),
                Mistake.in(
                                "an output that pods cannot find",
                                "stream.yaml",
                                "Value: !GetAtt Stream.Arn",
                                "Value: !Sub ${Stream.Arn}",
                                "Outputs.StreamArn")
                        .foundIn("stack.yaml"),
                Mistake.in(
                        "a size that one environment does not have",
                        "stack.yaml",
                        "BackupDays: 14",
                        "BackupDay: 14",
                        "Database.Properties.Parameters.BackupDays.Fn::FindInMap"),
                Mistake.in(
                        "a database of prod that a slip deletes",
                        "database.yaml",
                        "      DeletionProtection: !If [KeepsData, true, false]\n      MonitoringInterval",
                        "      DeletionProtection: false\n      MonitoringInterval",
                        "Instance.Properties.DeletionProtection"),
                Mistake.in(
                        "a cluster of prod that a slip deletes",
                        "database.yaml",
                        "      DeletionProtection: !If [KeepsData, true, false]\n      EnableCloudwatchLogsExports",
                        "      DeletionProtection: false\n      EnableCloudwatchLogsExports",
                        "Cluster.Properties.DeletionProtection"),
                Mistake.in(
                        "a Redis in one zone",
                        "cache.yaml",
                        "MultiAZEnabled: true",
                        "MultiAZEnabled: false",
                        "Redis.Properties.MultiAZEnabled"),
                Mistake.in(
                        "a Redis without backups",
                        "cache.yaml",
                        "SnapshotRetentionLimit: 5",
                        "SnapshotRetentionLimit: 0",
                        "Redis.Properties.SnapshotRetentionLimit"),
                Mistake.in(
                        "a prod in one zone",
                        "stack.yaml",
                        "InstanceClass: db.m7g.2xlarge\n      MultiAZ: \"true\"",
                        "InstanceClass: db.m7g.2xlarge\n      MultiAZ: \"false\"",
                        "Mappings.Environments.prod.MultiAZ"),
                Mistake.in(
                        "a prod that forgets within a week",
                        "stack.yaml",
                        "RetentionHours: 168",
                        "RetentionHours: 167",
                        "Mappings.Environments.prod.RetentionHours"),
                Mistake.in(
                        "half of another retention",
                        "stack.yaml",
                        "HalfRetentionMillis: 86400000",
                        "HalfRetentionMillis: 43200000",
                        "Mappings.Environments.staging.HalfRetentionMillis"),
                Mistake.in(
                        "an alarm on storage that RDS would add by itself",
                        "stack.yaml",
                        "StorageAlarmBytes: 1073741824",
                        "StorageAlarmBytes: 10737418240",
                        "Mappings.Environments.dev.StorageAlarmBytes"),
                Mistake.in(
                        "a writer of the stream that cannot encrypt",
                        "access.yaml",
                        "                Action: kms:GenerateDataKey\n                Resource: !Ref StreamKeyArn",
                        "                Action: kms:Decrypt\n                Resource: !Ref StreamKeyArn",
                        "GatewayRole.Properties.Policies"),
                Mistake.in(
                        "a login that cannot be decrypted",
                        "access.yaml",
                        "                Resource: !Ref SecretsKeyArn",
                        "                Resource: !Ref StreamKeyArn",
                        "GatewayRole.Properties.Policies"),
                Mistake.in(
                        "a key that log groups may not use",
                        "keys.yaml",
                        "Service: !Sub logs.${AWS::Region}.amazonaws.com",
                        "Service: firehose.amazonaws.com",
                        "ArchiveKey.Properties.KeyPolicy"),
                Mistake.in(
                        "a topic for everybody",
                        "notifications.yaml",
                        "            Principal:\n              Service: cloudwatch.amazonaws.com\n            Action: sns:Publish\n            Resource: !Ref Operations\n            Condition:\n              StringEquals:\n                aws:SourceAccount: !Ref AWS::AccountId\n",
                        "            Principal: {AWS: \"*\"}\n            Action: sns:Publish\n            Resource: !Ref Operations\n",
                        "OperationsPolicy.Properties.PolicyDocument.Statement.-"),
                Mistake.in(
                        "a topic that the processor may not publish to",
                        "access.yaml",
                        "Action: sns:Publish",
                        "Action: sns:Subscribe",
                        "ProcessorRole.Properties.Policies"),
                Mistake.in(
                        "all actions but one",
                        "access.yaml",
                        "Action: secretsmanager:GetSecretValue",
                        "NotAction: iam:CreateUser",
                        "GatewayRole.Properties.Policies.-.PolicyDocument.Statement.-"),
                Mistake.in(
                        "all resources but one",
                        "access.yaml",
                        "                Resource: !Ref GatewaySecretArn",
                        "                NotResource: !Ref GatewaySecretArn",
                        "GatewayRole.Properties.Policies.-.PolicyDocument.Statement.-"),
                Mistake.in(
                        "a role for every branch",
                        "deploy-role.yaml",
                        "              StringEquals:\n                token.actions.githubusercontent.com:aud: sts.amazonaws.com\n                token.actions.githubusercontent.com:sub: !Sub repo:${Repository}:environment:${Environment}",
                        "              StringLike:\n                token.actions.githubusercontent.com:aud: sts.amazonaws.com\n                token.actions.githubusercontent.com:sub: !Sub repo:${Repository}:*",
                        "DeployRole.Properties.AssumeRolePolicyDocument.Statement.-"),
                Mistake.in(
                        "a role for tokens to others",
                        "deploy-role.yaml",
                        "                token.actions.githubusercontent.com:aud: sts.amazonaws.com\n",
                        "",
                        "DeployRole.Properties.AssumeRolePolicyDocument.Statement.-"),
                Mistake.in(
                        "an alarm on a dimension that nobody has",
                        "platform-alarms.yaml",
                        "lag_seconds\n      Dimensions: [{Name: Environment,",
                        "lag_seconds\n      Dimensions: [{Name: Env,",
                        "Lag.Properties.Dimensions"),
                Mistake.in(
                        "an alarm on what is a reader after a fail-over",
                        "alarms.yaml",
                        ", {Name: Role, Value: WRITER}",
                        "",
                        "DatabaseCpu.Properties.Dimensions"),
                Mistake.in(
                        "a dashboard of a dimension that nobody has",
                        "dashboard.yaml",
                        "\"millrace_processor_rows_total\", \"Environment\"",
                        "\"millrace_processor_rows_total\", \"Env\"",
                        "Dashboard.Properties.DashboardBody.Fn::Sub"),
                Mistake.in(
                        "a template that is too large",
                        "cache.yaml",
                        "# Cluster mode:",
                        "#" + " Cluster mode".repeat(5_000) + ":",
                        "template"));
    }

    @Test
    void theProjectsStackKeepsItsPromises() throws IOException {
        assertEquals(List.of(), new StackCheck().findings(Project.ROOT));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsFoundWithFileAndField(Mistake mistake, @TempDir Path folder) throws IOException {
        TreeCopy copy = TreeCopy.in(folder);
        copy.replace(mistake.file(), mistake.text(), mistake.instead());

        List<Finding> findings = new StackCheck().findings(copy.root());

        assertTrue(
                findings.stream()
                        .anyMatch(finding -> finding.file().equals(mistake.inFile())
                                && finding.field().equals(mistake.field())),
                findings::toString);
    }

    @Test
    void whatAPodRefersToIsMadeAndItsRoleMayReadIt(@TempDir Path folder) throws IOException {
        TreeCopy copy = TreeCopy.in(folder);
        Path manifest = copy.root().resolve("k8s/base/gateway/references.yaml");
        Files.writeString(manifest, """
                - {name: A, value: "ssm:/iot/$(ENVIRONMENT)/db/endpoint"}
                - {name: B, value: "secret:iot-db-gateway-$(ENVIRONMENT)#password"}
                - {name: C, value: "ssm:/iot/prod/redis/url"}
                """);
        assertEquals(List.of(), new StackCheck().findings(copy.root()));

        Files.writeString(manifest, """
                - {name: A, value: "ssm:/iot/$(ENVIRONMENT)/db/end-point"}
                - {name: B, value: "secret:iot-db-gateways-$(ENVIRONMENT)#password"}
                - {name: C, value: "secret:iot-db-gateway-$(ENVIRONMENT)#pass"}
                - {name: D, value: "ssm:/iot/$(ENVIRONMENT)/kinesis/stream"}
                - {name: E, value: "secret:iot-db-credentials-$(ENVIRONMENT)#password"}
                """);

        assertEquals(
                List.of(
                        "k8s/base/gateway/references.yaml: ssm:/iot/$(ENVIRONMENT)/db/end-point:"
                                + " no template makes the parameter /iot/${Environment}/db/end-point",
                        "k8s/base/gateway/references.yaml: secret:iot-db-gateways-$(ENVIRONMENT)#password:"
                                + " no template makes the secret iot-db-gateways-${Environment}",
                        "k8s/base/gateway/references.yaml: secret:iot-db-gateway-$(ENVIRONMENT)#pass:"
                                + " a login has no pass, only [dbname, engine, host, password, port, username]",
                        "k8s/base/gateway/references.yaml: ssm:/iot/$(ENVIRONMENT)/kinesis/stream:"
                                + " GatewayRole may not read /iot/${Environment}/kinesis/stream",
                        "k8s/base/gateway/references.yaml: secret:iot-db-credentials-$(ENVIRONMENT)#password:"
                                + " GatewayRole may not read iot-db-credentials-${Environment}"),
                new StackCheck()
                        .findings(copy.root()).stream().map(Finding::toString).toList());
    }

    @Test
    void theCallsOfTheGatewayAreTheseAndNoOthers() throws IOException {
        assertEquals(
                "[kinesis:ListShards, kinesis:PutRecords, secretsmanager:GetSecretValue, ssm:GetParameter]",
                CallsOfAws.actions(List.of(Project.ROOT.resolve("gateway"), Project.ROOT.resolve("core")))
                        .toString());
    }
}
