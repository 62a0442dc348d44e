package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Check;
import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Renders {@code k8s/} and holds every policy against what comes of it. */
public final class KubernetesCheck implements Check {

    private static final List<Policy> POLICIES = List.of(
            new KubernetesModel(),
            new KnownValues(),
            new EnvironmentPolicy(),
            new PodPolicy(),
            new LeasePolicy(),
            new AvailabilityPolicy(),
            new ServicePolicy(),
            new ReachabilityPolicy(),
            new NetworkNeeds(),
            new ReferencePolicy(),
            new SettingsPolicy(),
            new StoresOfAMachine(),
            new MetricsPolicy());

    @Override
    public List<Finding> findings(Path tree) throws IOException {
        Renderings renderings = Renderings.of(tree);
        // one mistake of the base is in every rendering
        Set<Finding> findings = new LinkedHashSet<>(renderings.findings());
        renderings.cluster().stream().flatMap(KubernetesModel::findings).forEach(findings::add);
        DeployerPolicy.findings(tree, renderings.cluster()).forEach(findings::add);
        NetworkPolicyController.findings(renderings.cluster()).forEach(findings::add);
        for (Rendering rendering : renderings.all()) {
            for (Policy policy : POLICIES) {
                try (Stream<Finding> found = policy.findings(rendering)) {
                    found.forEach(findings::add);
                }
            }
        }
        return List.copyOf(findings);
    }
}
