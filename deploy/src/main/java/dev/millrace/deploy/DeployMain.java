package dev.millrace.deploy;

import dev.millrace.deploy.cluster.ClusterCheck;
import dev.millrace.deploy.delivery.WorkflowsCheck;
import dev.millrace.deploy.kubernetes.ImagesForDeployment;
import dev.millrace.deploy.kubernetes.KubernetesCheck;
import dev.millrace.deploy.stack.CfnLintCheck;
import dev.millrace.deploy.stack.StackCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code java -jar deploy.jar TREE [ENVIRONMENT]}: prints what is wrong with what the tree deploys, a line each; the exit code is then 1.
 * With an environment, that one is about to be deployed, and must name its images by digest. Where a program is missing that a check
 * needs, the exit code is 69, unless something else is wrong.
 */
public final class DeployMain {

    private static final List<Check> CHECKS = List.of(
            new KubernetesCheck(), new StackCheck(), new CfnLintCheck(), new ClusterCheck(), new WorkflowsCheck());

    private DeployMain() {}

    /** Checks the tree named by the first argument. */
    public static void main(String[] arguments) throws IOException {
        Path tree = Path.of(arguments[0]);
        List<Check> checks = new ArrayList<>(CHECKS);
        if (arguments.length > 1 && !arguments[1].isEmpty()) {
            checks.add(new ImagesForDeployment(arguments[1]));
        } else {
            ImagesForDeployment.without(tree).forEach(System.out::println);
        }
        List<Finding> findings = new ArrayList<>();
        int code = 0;
        for (Check check : checks) {
            try {
                findings.addAll(check.findings(tree));
            } catch (ProgramMissing e) {
                System.err.println(e.getMessage());
                code = ProgramMissing.EXIT_CODE;
            }
        }
        findings.forEach(System.err::println);
        System.exit(findings.isEmpty() ? code : 1);
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
