package dev.millrace.deploy.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The workflows as they are, and with a mistake in each. */
class WorkflowsCheckTest {

    private static final Path ROOT = Path.of("..");
    private static final Path WORKFLOWS = Path.of(".github", "workflows");

    @Test
    void theWorkflowsHaveNoMistake() throws IOException {
        assertEquals(List.of(), new WorkflowsCheck().findings(ROOT));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ci.yml | @11bd71901bbe5b1630ceea73d27597364c9af683 | @v4 | jobs.test.steps[0].uses",
                "ci.yml | persist-credentials: false | persist-credentials: true | jobs.test.steps[0].with.persist-credentials",
                "ci.yml | timeout-minutes: 45 | name: a test | jobs.test.timeout-minutes",
                "ci.yml | run: make manifests | run: make manifest | jobs.test.steps[4].run",
                "ci.yml | contents: read | contents: write | permissions",
                "ci.yml | pull_request: | pull_request_target: {} | on.pull_request_target",
                "deploy.yml | ./.github/workflows/deploy-environment.yml | another/repository/deploy.yml@main | jobs.dev.uses",
            })
    void aMistakeIsFoundWithItsFileAndField(String file, String text, String mistake, String field, @TempDir Path tree)
            throws IOException {
        Files.copy(ROOT.resolve("Makefile"), tree.resolve("Makefile"));
        Files.createDirectories(tree.resolve(WORKFLOWS));
        String right = Files.readString(ROOT.resolve(WORKFLOWS).resolve(file));
        assertTrue(right.contains(text));
        Files.writeString(tree.resolve(WORKFLOWS).resolve(file), right.replaceFirst(Pattern.quote(text), mistake));

        List<Finding> findings = new WorkflowsCheck().findings(tree);

        assertEquals(1, findings.size(), findings::toString);
        assertEquals(WORKFLOWS.resolve(file).toString(), findings.getFirst().file());
        assertEquals(field, findings.getFirst().field());
    }
}
