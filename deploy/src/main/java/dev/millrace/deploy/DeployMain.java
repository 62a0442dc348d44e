package dev.millrace.deploy;

import dev.millrace.deploy.delivery.WorkflowsCheck;
import dev.millrace.deploy.cluster.ClusterCheck;
import dev.millrace.deploy.stack.CfnLintCheck;
import dev.millrace.deploy.stack.StackCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code java -jar deploy.jar TREE}: prints what is wrong with what the tree deploys, a line each; the exit code is then 1. */
public final class DeployMain {

    private static final List<Check> CHECKS =
            List.of(new StackCheck(), new CfnLintCheck(), new ClusterCheck(), new WorkflowsCheck());

    private DeployMain() {}

    /** Checks the tree named by the only argument. */
    public static void main(String[] arguments) throws IOException {
        List<Finding> findings = findings(Path.of(arguments[0]));
        findings.forEach(finding -> System.err.println(finding));
        System.exit(findings.isEmpty() ? 0 : 1);
    }

    /** What all checks find in a tree. */
    static List<Finding> findings(Path tree) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (Check check : CHECKS) {
            findings.addAll(check.findings(tree));
        }
        return findings;
    }
}
