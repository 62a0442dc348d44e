package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The workflow's role may ask what {@code tools/smoke} asks: the workflow runs it, and takes the deployment back where it fails. */
final class RightsOfTheWorkflow implements Policy {

    private static final String ROLE = "DeployRole";

    private static final String SMOKE = "tools/smoke";

    /** {@code ask SERVICE OPERATION}, as the AWS CLI has them. */
    private static final Pattern ASKED = Pattern.compile("\\bask ([a-z0-9]+) ([a-z-]+)");

    @Override
    public List<Finding> findings(Templates templates) throws IOException {
        List<Resource> roles = templates
                .resources("AWS::IAM::Role")
                .filter(role -> role.id().equals(ROLE))
                .toList();
        if (roles.isEmpty()) {
            return List.of(new Finding("aws/deploy-role.yaml", ROLE, "is not there"));
        }
        List<String> asked = ASKED.matcher(Files.readString(templates.tree().resolve(SMOKE)))
                .results()
                // the case is not the same in both: db is DB
                .map(call -> call.group(1) + ":" + call.group(2).replace("-", ""))
                .distinct()
                .toList();
        List<Finding> findings = new ArrayList<>();
        for (Resource role : roles) {
            Set<String> allowed = ServiceRoles.rights(role)
                    .flatMap(statement -> statement.actions().stream())
                    .map(action -> action.toLowerCase(Locale.ROOT))
                    .collect(Collectors.toUnmodifiableSet());
            asked.stream()
                    .filter(action -> !allowed.contains(action))
                    .map(action ->
                            role.finding("Properties.Policies", SMOKE + " asks " + action + ", and the role may not"))
                    .forEach(findings::add);
        }
        return findings;
    }
}
