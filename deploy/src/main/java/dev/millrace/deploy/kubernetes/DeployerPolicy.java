package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The workflow can apply the roles and the namespace of an overlay, which its access policy of EKS does not let it, and can do no more by
 * that: RBAC lets nobody grant what he does not have by RBAC himself.
 */
final class DeployerPolicy {

    private static final String GROUP = "iot-deploy";

    private static final String TEMPLATE = "aws/deploy-role.yaml";

    private static final String KUSTOMIZATION = "k8s/cluster/kustomization.yaml";

    private static final Set<String> OF_CLUSTER = Set.of("ClusterRole", "ClusterRoleBinding");

    private static final Set<String> ROLES = Set.of("get", "list", "create", "update", "patch", "delete");

    /** The verbs by resource. */
    private static final Map<String, Set<String>> RIGHTS = new TreeMap<>(Map.of(
            "coordination.k8s.io/leases",
            LeasePolicy.VERBS,
            "rbac.authorization.k8s.io/roles",
            ROLES,
            "rbac.authorization.k8s.io/rolebindings",
            ROLES,
            "/namespaces",
            Set.of("get", "list", "create", "update", "patch")));

    private DeployerPolicy() {}

    /** What is wrong with the objects of {@code k8s/cluster}, and the access entry that names their group. */
    static List<Finding> findings(Path tree, List<Manifest> cluster) throws IOException {
        List<Finding> findings = new ArrayList<>();
        Optional<Manifest> role =
                cluster.stream().filter(object -> object.is("ClusterRole")).findFirst();
        Optional<Manifest> binding = cluster.stream()
                .filter(object -> object.is("ClusterRoleBinding"))
                .findFirst();
        if (role.isEmpty() || binding.isEmpty()) {
            return List.of(new Finding(
                    KUSTOMIZATION, "resources", "must have a ClusterRole of the group " + GROUP + " and its binding"));
        }
        cluster.stream()
                .filter(object ->
                        OF_CLUSTER.contains(object.kind()) && !object.name().equals(GROUP))
                .map(object -> object.root()
                        .wrong("metadata.name", "nobody but " + GROUP + " has rights in the whole cluster"))
                .forEach(findings::add);
        rules(role.get().root(), findings);
        binding(binding.get().root(), role.get().name(), findings);
        Path template = tree.resolve(TEMPLATE);
        if (Files.exists(template) && !Files.readString(template).contains("KubernetesGroups: [" + GROUP + "]\n")) {
            findings.add(new Finding(TEMPLATE, "DeployEntry.Properties.KubernetesGroups", "must be [" + GROUP + "]"));
        }
        return findings;
    }

    private static void rules(Field role, List<Finding> findings) {
        Map<String, Set<String>> granted = new TreeMap<>();
        for (Field rule : role.items("rules").toList()) {
            if (rule.has("resourceNames")) {
                findings.add(rule.wrong("resourceNames", "must not be there: a list of names has no create"));
            }
            for (String group : rule.texts("apiGroups")) {
                for (String resource : rule.texts("resources")) {
                    granted.computeIfAbsent(group + "/" + resource, _ -> new TreeSet<>())
                            .addAll(rule.texts("verbs"));
                }
            }
        }
        if (!granted.equals(RIGHTS)) {
            findings.add(role.wrong("rules", "grant " + granted + " and must grant " + RIGHTS));
        }
    }

    private static void binding(Field binding, String role, List<Finding> findings) {
        if (!binding.text("roleRef", "name").equals(role)) {
            findings.add(binding.wrong("roleRef.name", "must be " + role));
        }
        List<Field> subjects = binding.items("subjects").toList();
        if (subjects.size() != 1
                || !subjects.getFirst().text("kind").equals("Group")
                || !subjects.getFirst().text("name").equals(GROUP)) {
            findings.add(binding.wrong("subjects", "must be the group " + GROUP + " alone"));
        }
    }
}
