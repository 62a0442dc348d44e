package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Who may make a call on something encrypted may use its key as the call does: else the call is refused, by KMS. */
final class KeysOfCalls implements Policy {

    /**
     * What a call does with a key.
     *
     * @param call the call
     * @param right what it needs
     * @param key the parameter of the template that has the key
     */
    private record Use(String call, String right, String key) {}

    private static final List<Use> USES = List.of(
            new Use("kinesis:PutRecords", "kms:GenerateDataKey", "StreamKeyArn"),
            new Use("kinesis:GetRecords", "kms:Decrypt", "StreamKeyArn"),
            new Use("kinesis:SubscribeToShard", "kms:Decrypt", "StreamKeyArn"),
            new Use("secretsmanager:GetSecretValue", "kms:Decrypt", "SecretsKeyArn"),
            new Use("sns:Publish", "kms:GenerateDataKey", "ArchiveKeyArn"),
            new Use("sns:Publish", "kms:Decrypt", "ArchiveKeyArn"));

    @Override
    public List<Finding> findings(Templates templates) {
        List<Finding> findings = new ArrayList<>();
        for (String service : List.of("gateway", "processor")) {
            ServiceRoles.of(templates, service).ifPresent(role -> findings.addAll(findings(role)));
        }
        return findings;
    }

    private static List<Finding> findings(Resource role) {
        List<Statement> rights =
                ServiceRoles.rights(role).filter(Statement::allows).toList();
        Set<String> calls = rights.stream()
                .flatMap(statement -> statement.actions().stream())
                .collect(Collectors.toUnmodifiableSet());
        return USES.stream()
                .filter(use -> calls.contains(use.call()))
                .filter(use -> rights.stream().noneMatch(statement -> allows(statement, use)))
                .map(use ->
                        role.finding("Properties.Policies", use.call() + " needs " + use.right() + " on " + use.key()))
                .toList();
    }

    private static boolean allows(Statement statement, Use use) {
        Object key = Map.of("Ref", use.key());
        return statement.actions().contains(use.right())
                && statement.resources().stream()
                        .map(Yaml::value)
                        .map(Optional::of)
                        .anyMatch(Optional.of(key)::equals);
    }
}
