package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whoever comes by a token of GitHub is a job of the one repository, in the one environment. A pattern would let in a branch of
 * anybody who may push one, and any environment without its approvals.
 */
final class TrustOfTheWorkflow implements Policy {

    private static final String BY_TOKEN = "sts:AssumeRoleWithWebIdentity";

    private static final String GITHUB = "token.actions.githubusercontent.com:";

    private static final Object CONDITION = Map.of(
            "StringEquals",
            Map.of(
                    GITHUB + "aud",
                    "sts.amazonaws.com",
                    GITHUB + "sub",
                    Map.of("Fn::Sub", "repo:${Repository}:environment:${Environment}")));

    @Override
    public List<Finding> findings(Templates templates) {
        return templates
                .resources("AWS::IAM::Role")
                .flatMap(role -> Statement.of(role)
                        .filter(statement -> statement.actions().contains(BY_TOKEN))
                        .filter(statement -> !statement
                                .value()
                                .seek("Condition")
                                .map(Yaml::value)
                                .equals(Optional.of(CONDITION)))
                        .map(statement -> role.finding(
                                statement.value(),
                                "must have the Condition StringEquals of " + GITHUB + "aud, sts.amazonaws.com, and of "
                                        + GITHUB + "sub, repo:${Repository}:environment:${Environment}, alone")))
                .toList();
    }
}
