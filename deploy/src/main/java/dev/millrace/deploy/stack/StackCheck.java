package dev.millrace.deploy.stack;

import dev.millrace.deploy.Check;
import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The templates in {@code aws/} keep what they promise. */
public final class StackCheck implements Check {

    private static final List<Policy> POLICIES = List.of(
            new TemplateSize(),
            new ResolvedReferences(),
            new NestedStacks(),
            new OutputsAsParameters(),
            new RequiredSettings(),
            new TlsOnlyBuckets(),
            new RotatedSecrets(),
            new ClosedGroups(),
            new NamesOfTheEnvironment(),
            new TaggedResources(),
            new KeptData(),
            new SizesOfEnvironments(),
            new NamedRights(),
            new RightsOfServices(),
            new RightsOfTheWorkflow(),
            new TrustOfTheWorkflow(),
            new KeysOfCalls(),
            new KeysOfServices(),
            new ReferencesOfPods(),
            new KnownMetrics(),
            new KnownDimensions(),
            new AlarmsOfTheWriter());

    @Override
    public List<Finding> findings(Path tree) throws IOException {
        Templates templates = Templates.of(tree);
        List<Finding> findings = new ArrayList<>();
        for (Policy policy : POLICIES) {
            findings.addAll(policy.findings(templates));
        }
        return findings;
    }
}
