package dev.millrace.deploy.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.ExternalProgram;
import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Project;
import dev.millrace.deploy.TreeCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** What {@code cfn-lint} knows of AWS' types is used where it is. */
class CfnLintCheckTest {

    private static final String WITHOUT = "there is no cfn-lint on the PATH";

    static boolean isThere() throws IOException {
        return ExternalProgram.run(Project.ROOT, List.of("cfn-lint", "--version"))
                .isPresent();
    }

    @Test
    @EnabledIf(value = "isThere", disabledReason = WITHOUT)
    void theTemplatesAreClean() throws IOException {
        assertEquals(List.of(), new CfnLintCheck().findings(Project.ROOT));
    }

    @Test
    @EnabledIf(value = "isThere", disabledReason = WITHOUT)
    void aMisspeltPropertyIsFoundWithFileAndLine(@TempDir Path folder) throws IOException {
        TreeCopy copy = TreeCopy.in(folder);
        copy.replace("aws/stream.yaml", "RetentionPeriodHours:", "RetentionPeriodHour:");

        List<Finding> findings = new CfnLintCheck().findings(copy.root());

        assertTrue(
                findings.stream()
                        .anyMatch(finding -> finding.file().equals("aws/stream.yaml")
                                && finding.field().startsWith("line ")
                                && finding.problem().contains("RetentionPeriodHour")),
                findings::toString);
    }
}
