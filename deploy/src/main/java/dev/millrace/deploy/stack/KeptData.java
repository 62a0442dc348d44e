package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What holds data, or the key to it, outlives the stack in prod, and nowhere else. */
final class KeptData implements Policy {

    private static final String CONDITION = "KeepsData";

    private static final Object IS_PROD = Map.of("Fn::Equals", List.of(Map.of("Ref", "Environment"), "prod"));

    private static final String TRANSFORM = "AWS::LanguageExtensions";

    /** A snapshot of what can be made again of one; of all else the thing itself. */
    private static final Map<String, String> STORES = Map.of(
            "AWS::ECR::Repository", "Retain",
            "AWS::EFS::FileSystem", "Retain",
            "AWS::ElastiCache::ReplicationGroup", "Snapshot",
            "AWS::KMS::Key", "Retain",
            "AWS::Kinesis::Stream", "Retain",
            "AWS::Logs::LogGroup", "Retain",
            "AWS::RDS::DBCluster", "Snapshot",
            "AWS::RDS::DBInstance", "Snapshot",
            "AWS::S3::Bucket", "Retain");

    private static final Set<String> POLICIES = Set.of("DeletionPolicy", "UpdateReplacePolicy");

    @Override
    public List<Finding> findings(Templates templates) {
        List<Finding> findings = new ArrayList<>();
        templates.all().forEach(template -> {
            List<Resource> stores = template.resources().stream()
                    .filter(resource -> STORES.containsKey(resource.type()))
                    // what an instance in a cluster holds is the cluster's
                    .filter(resource ->
                            resource.property("DBClusterIdentifier").isEmpty() || resource.is("AWS::RDS::DBCluster"))
                    .toList();
            stores.stream().flatMap(KeptData::findings).forEach(findings::add);
            if (!stores.isEmpty()) {
                findings.addAll(template(template));
            }
        });
        return findings;
    }

    private static Stream<Finding> findings(Resource store) {
        String kept = Optional.ofNullable(STORES.get(store.type())).orElseThrow();
        Object expected = Map.of("Fn::If", List.of(CONDITION, kept, "Delete"));
        return POLICIES.stream()
                .sorted()
                .filter(policy -> !store.body().seek(policy).map(Yaml::value).equals(Optional.of(expected)))
                .map(policy -> store.finding(policy, "must be !If [" + CONDITION + ", " + kept + ", Delete]"));
    }

    private static List<Finding> template(Template template) {
        List<Finding> findings = new ArrayList<>();
        if (!template.seek("Conditions", CONDITION).map(Yaml::value).equals(Optional.of(IS_PROD))) {
            findings.add(new Finding(
                    template.file(), "Conditions." + CONDITION, "must be !Equals [!Ref Environment, prod]"));
        }
        if (template.seek("Transform").stream().flatMap(Yaml::each).noneMatch(name -> name.text()
                .equals(TRANSFORM))) {
            findings.add(new Finding(
                    template.file(), "Transform", "a DeletionPolicy that is a function needs " + TRANSFORM));
        }
        return findings;
    }
}
