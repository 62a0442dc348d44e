package dev.millrace.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorConfigTest {

    @Test
    void hasADefaultForEverything() throws InvalidConfiguration {
        Environment environment = new Environment(Map.of());

        ProcessorConfig config = ProcessorConfig.read(environment);
        environment.check();

        assertEquals(9091, config.ops().port());
        assertEquals(3, config.rules().size());
        assertEquals(config.database(), config.migration());
        assertFalse(config.owner().isBlank());
    }

    @Test
    void theOwnerIsThePod() {
        assertEquals(
                "processor-7d9f",
                ProcessorConfig.read(new Environment(Map.of("HOSTNAME", "processor-7d9f")))
                        .owner());
        assertEquals(
                "me",
                ProcessorConfig.read(new Environment(Map.of("HOSTNAME", "processor-7d9f", "PROCESSOR_OWNER", "me")))
                        .owner());
    }

    @Test
    void tellsEveryProblemAtOnce(@TempDir Path directory) throws IOException {
        Path rules = directory.resolve("rules.yaml");
        Files.writeString(rules, "version: 1\nrules:\n  - name: hot\n    metric: temperature\n    severity: hot\n");
        Environment environment = new Environment(Map.of(
                "RULES_FILE", rules.toString(),
                "MAX_CLOCK_AHEAD", "3d",
                "OPS_PORT", "high",
                "REDIS_URL", "http://redis",
                "DATABASE_MIGRATION_URL", "mysql://owner:geheim@db/millrace"));

        ProcessorConfig.read(environment);
        String message = String.valueOf(
                assertThrows(InvalidConfiguration.class, environment::check).getMessage());

        for (String expected : new String[] {
            "RULES_FILE: line 5, column 15: severity must be info, warning or critical; line 3, column 5: a rule must have",
            "MAX_CLOCK_AHEAD: must be at most 2d",
            "OPS_PORT: must be a whole number",
            "REDIS_URL: must look like",
            "DATABASE_MIGRATION_URL: must look like"
        }) {
            assertTrue(message.contains(expected), () -> expected + " in " + message);
        }
        assertFalse(message.contains("geheim"));
    }

    @Test
    void aRuleFileThatIsNotThereIsAProblem() {
        Environment environment = new Environment(Map.of("RULES_FILE", "/nowhere/rules.yaml"));

        ProcessorConfig.read(environment);

        assertTrue(String.valueOf(assertThrows(InvalidConfiguration.class, environment::check)
                        .getMessage())
                .contains("RULES_FILE: the file cannot be read"));
    }
}
