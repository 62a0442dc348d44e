package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Optional;

/** Every bucket has a policy that refuses whoever comes without TLS. */
final class TlsOnlyBuckets implements Policy {

    @Override
    public List<Finding> findings(Templates templates) {
        return templates.all().stream()
                .flatMap(template -> template.resources("AWS::S3::Bucket")
                        .filter(bucket -> template.resources("AWS::S3::BucketPolicy")
                                .noneMatch(policy -> isOf(policy, bucket) && refusesPlainText(policy)))
                        .map(bucket ->
                                bucket.finding("Properties", "has no bucket policy that refuses requests without TLS")))
                .toList();
    }

    private static boolean isOf(Resource policy, Resource bucket) {
        return policy.property("Bucket", "Ref").map(Yaml::text).equals(Optional.of(bucket.id()));
    }

    private static boolean refusesPlainText(Resource policy) {
        return policy.property("PolicyDocument", "Statement").stream()
                .flatMap(Yaml::each)
                .anyMatch(statement -> is(statement, "Deny", "Effect")
                        && is(statement, "s3:*", "Action")
                        && is(statement, "*", "Principal")
                        && is(statement, "false", "Condition", "Bool", "aws:SecureTransport"));
    }

    private static boolean is(Yaml statement, String value, String... path) {
        return statement.seek(path).map(Yaml::text).equals(Optional.of(value));
    }
}
