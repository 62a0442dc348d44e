package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The two services may call what their code calls, and nothing else. */
final class RightsOfServices implements Policy {

    /** Called by services on behalf of the caller, never by our code. */
    private static final String ON_BEHALF = "kms:";

    @Override
    public List<Finding> findings(Templates templates) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (String service : List.of("gateway", "processor")) {
            findings.addAll(findings(templates, service));
        }
        return findings;
    }

    private static List<Finding> findings(Templates templates, String service) throws IOException {
        Optional<Resource> found = ServiceRoles.of(templates, service);
        if (found.isEmpty()) {
            return List.of(new Finding("aws/access.yaml", service, "no Pod Identity association gives it a role"));
        }
        Resource role = found.get();
        Path tree = templates.tree();
        Set<String> called = CallsOfAws.actions(List.of(tree.resolve(service), tree.resolve("core")));
        Set<String> allowed = ServiceRoles.rights(role)
                .flatMap(statement -> statement.actions().stream())
                .filter(action -> !action.startsWith(ON_BEHALF))
                .collect(Collectors.toCollection(TreeSet::new));
        List<Finding> findings = new ArrayList<>();
        called.stream()
                .filter(action -> !allowed.contains(action))
                .map(action ->
                        role.finding("Properties.Policies", "the " + service + " calls " + action + " and may not"))
                .forEach(findings::add);
        allowed.stream()
                .filter(action -> !called.contains(action))
                .map(action -> role.finding(
                        "Properties.Policies", "the " + service + " may " + action + " and never calls it"))
                .forEach(findings::add);
        return findings;
    }
}
