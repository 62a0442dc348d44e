package dev.millrace.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.ownership.MembershipConfig;
import dev.millrace.processor.store.StartPosition;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorConfigTest {

    @Test
    void hasADefaultForEverything() throws InvalidConfiguration, IOException {
        Environment environment = new Environment(Map.of());

        ProcessorConfig config = ProcessorConfig.read(environment);
        environment.check();

        assertEquals(9091, config.ops().port());
        assertEquals(RuleFile.shippedText(), config.rules().read());
        assertEquals(config.database(), config.migration());
        assertFalse(config.owner().isBlank());
    }

    private static ProcessorConfig read(Map<String, String> variables) throws InvalidConfiguration {
        Environment environment = new Environment(variables);
        ProcessorConfig config = ProcessorConfig.read(environment);
        environment.check();
        return config;
    }

    private static String problems(Map<String, String> variables) {
        return String.valueOf(
                assertThrows(InvalidConfiguration.class, () -> read(variables)).getMessage());
    }

    @Test
    void theOwnerIsThePodAndAProcessThatIsNeverTheSame() throws InvalidConfiguration {
        String owner = read(Map.of("HOSTNAME", "processor-7d9f")).owner();

        assertTrue(owner.matches("processor-7d9f/[0-9a-f]{16}"), owner);
        assertNotEquals(owner, read(Map.of("HOSTNAME", "processor-7d9f")).owner());
        assertTrue(read(Map.of("HOSTNAME", "processor-7d9f", "PROCESSOR_OWNER", "me"))
                .owner()
                .startsWith("me/"));
    }

    @Test
    void outsideAClusterItKnowsOfNoOtherProcess() throws InvalidConfiguration {
        MembershipConfig membership = read(Map.of()).membership();

        assertEquals(new MembershipConfig(Duration.ofSeconds(15), Optional.empty()), membership);
    }

    @Test
    void inAPodItKeepsALease() throws InvalidConfiguration {
        MembershipConfig membership = read(Map.of(
                        "KUBERNETES_SERVICE_HOST", "fd00::1",
                        "KUBERNETES_SERVICE_PORT", "6443",
                        "POD_NAME", "processor-7d9f-x2x4b",
                        "POD_NAMESPACE", "iot-dev",
                        "POD_UID", "0b8e7a86-1d0f-4f2b-8f6e-3c64a0a0e0ff",
                        "LEASE_DURATION", "9s"))
                .membership();

        assertEquals(Duration.ofSeconds(9), membership.leaseDuration());
        assertEquals(
                Optional.of(new MembershipConfig.Pod(
                        URI.create("https://[fd00::1]:6443"),
                        Path.of("/var/run/secrets/kubernetes.io/serviceaccount"),
                        "iot-dev",
                        "processor-7d9f-x2x4b",
                        Optional.of("0b8e7a86-1d0f-4f2b-8f6e-3c64a0a0e0ff"))),
                membership.pod());
    }

    @Test
    void inAPodItMayBeToldToKeepNone() throws InvalidConfiguration {
        assertEquals(
                Optional.empty(),
                read(Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1", "MEMBERSHIP", "none"))
                        .membership()
                        .pod());
    }

    @Test
    void aPodThatDoesNotKnowItsNameIsAProblem() {
        String inACluster = problems(Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1"));
        String outside = problems(Map.of("MEMBERSHIP", "kubernetes"));

        assertTrue(inACluster.contains("POD_NAME: must be set where MEMBERSHIP is kubernetes"), inACluster);
        assertTrue(inACluster.contains("POD_NAMESPACE: must be set"), inACluster);
        assertFalse(inACluster.contains("KUBERNETES_API_URL"), inACluster);
        assertTrue(outside.contains("KUBERNETES_API_URL: must be set"), outside);
    }

    @Test
    void aStreamIsReadFromItsStartFromNowOrFromATime() throws InvalidConfiguration {
        assertEquals(new StartPosition.TrimHorizon(), read(Map.of()).start());
        assertEquals(
                new StartPosition.TrimHorizon(),
                read(Map.of("STREAM_START", "TRIM_HORIZON")).start());
        assertEquals(
                new StartPosition.Latest(),
                read(Map.of("STREAM_START", "LATEST")).start());
        assertEquals(
                new StartPosition.At(1_500_000),
                read(Map.of("STREAM_START", "1970-01-01T01:00:01.5+01:00")).start());
        assertTrue(problems(Map.of("STREAM_START", "1969-12-31T23:59:59Z")).contains("STREAM_START"));
    }

    @Test
    void historyIsKeptForEverUnlessItIsSaidForHowLong() throws InvalidConfiguration {
        assertEquals(OptionalInt.empty(), read(Map.of()).retentionDays());
        assertEquals(OptionalInt.of(400), read(Map.of("RETENTION_DAYS", "400")).retentionDays());
    }

    @Test
    void tellsEveryProblemAtOnce(@TempDir Path directory) throws IOException {
        Path rules = directory.resolve("rules.yaml");
        Files.write(rules, new byte[] {(byte) 0xff});
        Environment environment = new Environment(Map.of(
                "RULES_FILE", rules.toString(),
                "MAX_CLOCK_AHEAD", "3d",
                "OPS_PORT", "high",
                "REDIS_URL", "http://redis",
                "STREAM_START", "yesterday",
                "RETENTION_DAYS", "0",
                "LEASE_DURATION", "1s",
                "POD_NAME", "Processor 1",
                "KUBERNETES_API_URL", "10.0.0.1",
                "DATABASE_MIGRATION_URL", "mysql://owner:geheim@db/millrace"));

        ProcessorConfig.read(environment);
        String message = String.valueOf(
                assertThrows(InvalidConfiguration.class, environment::check).getMessage());

        for (String expected : new String[] {
            "RULES_FILE: the file cannot be read as UTF-8 text",
            "MAX_CLOCK_AHEAD: must be at most 2d",
            "OPS_PORT: must be a whole number",
            "REDIS_URL: must look like",
            "STREAM_START: must be TRIM_HORIZON, LATEST or a time",
            "RETENTION_DAYS: must be a whole number",
            "LEASE_DURATION: must be from 2s to 300s",
            "POD_NAME: must be the name of a pod",
            "KUBERNETES_API_URL: must be an http or https URL",
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
