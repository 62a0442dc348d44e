package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A right names what it is for. Where it cannot, its resource says why under {@code Metadata.Wildcards}, by the statement's
 * {@code Sid}; policies that AWS manages, by {@code ManagedPolicyArns}.
 */
final class NamedRights implements Policy {

    private static final String MANAGED = "ManagedPolicyArns";

    @Override
    public List<Finding> findings(Templates templates) {
        List<Finding> findings = new ArrayList<>();
        templates.resources().forEach(resource -> findings.addAll(findings(resource)));
        return findings;
    }

    private static List<Finding> findings(Resource resource) {
        List<Finding> findings = new ArrayList<>();
        Set<String> reasons = resource.body().seek("Metadata", "Wildcards").stream()
                .flatMap(Yaml::entries)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
        Set<String> needless = new HashSet<>(reasons);
        for (Statement statement : Statement.of(resource).toList()) {
            if (statement.allowsAllBut()) {
                findings.add(resource.finding(
                        statement.value(), "allows all but what it names; name what it is for, which is less"));
            }
            if (statement.allowsEverybody()) {
                findings.add(resource.finding(statement.value(), "lets in whoever comes, on no condition"));
            }
            if (statement.sid().isEmpty()) {
                findings.add(resource.finding(statement.value(), "a statement has no Sid"));
            } else if (statement.hasWildcard()) {
                needless.remove(statement.sid());
                if (!reasons.contains(statement.sid())) {
                    findings.add(resource.finding(
                            statement.value(),
                            statement.sid()
                                    + " has a wildcard; name what it is for, or say why not in Metadata.Wildcards."
                                    + statement.sid()));
                }
            }
        }
        if (resource.property(MANAGED).isPresent()) {
            needless.remove(MANAGED);
            if (!reasons.contains(MANAGED)) {
                findings.add(resource.finding(
                        "Properties." + MANAGED,
                        "AWS says what these are for; say why in Metadata.Wildcards." + MANAGED));
            }
        }
        needless.stream()
                .sorted()
                .map(sid -> resource.finding("Metadata.Wildcards." + sid, "excuses nothing that is there"))
                .forEach(findings::add);
        return findings;
    }
}
