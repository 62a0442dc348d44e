package dev.millrace.deploy.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code tools/smoke} against programs that answer as AWS and a cluster would: that it says OK to what is right and not to what is
 * wrong. Whether AWS answers so, only a deployed environment tells.
 */
class SmokeTest {

    private static final String KEY = "mr_smoke_secretQ7";

    /** What each call answers, by how its arguments begin. */
    private static final String AWS = """
            case "$*" in
            "eks describe-cluster --name iot-processing-cluster-dev "*) echo ACTIVE ;;
            "kinesis describe-stream-summary --stream-name sensor-data-stream-dev "*) echo "ACTIVE KMS" ;;
            "rds describe-db-instances --db-instance-identifier iot-postgres-dev "*) echo "available true" ;;
            "elasticache describe-replication-groups --replication-group-id iot-redis-dev "*) echo "available true true" ;;
            "secretsmanager describe-secret --secret-id iot-db-"*"-dev "*) echo True ;;
            "cloudwatch describe-alarms "*) echo "" ;;
            *) echo "unknown: $*" >&2; exit 2 ;;
            esac
            """;

    private static final String KUBECTL = """
            case "$*" in
            "config current-context") echo arn:aws:eks:eu-central-1:1:cluster/iot-processing-cluster-dev ;;
            "-n iot-dev get deployment "*) echo 2 ;;
            "-n iot-dev get pods "*) echo '{"items":[{"spec":{"containers":[{"image":"r/millrace-gateway-dev@sha256:DIGEST"}]}}]}' ;;
            "-n iot-dev get service gateway "*hostname*) echo nlb.example ;;
            "-n iot-dev get service gateway "*port*) echo "443 8883" ;;
            *) echo "unknown: $*" >&2; exit 2 ;;
            esac
            """.replace("DIGEST", "0123456789abcdef".repeat(4));

    private static final String CURL = """
            echo "$*" >>"$(dirname "$0")/curl.arguments"
            case "$*" in
            *http_code*"https://nlb.example/sensors") printf 401 ;;
            *"-H @-"*"https://nlb.example/sensors") grep -q 'Bearer mr_smoke_secretQ7' && printf '{"accepted":1}' ;;
            *) echo "unknown: $*" >&2; exit 2 ;;
            esac
            """;

    @TempDir
    Path programs;

    @BeforeEach
    void makePrograms() throws IOException {
        make("aws", AWS);
        make("kubectl", KUBECTL);
        make("curl", CURL);
    }

    private void make(String name, String script) throws IOException {
        Path file = programs.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + script);
        assertTrue(file.toFile().setExecutable(true));
    }

    private record Ended(int code, String output) {}

    private Ended smoke(Map<String, String> environment) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(Path.of("..", "tools", "smoke").toString()).redirectErrorStream(true);
        builder.environment().keySet().retainAll(List.of("PATH"));
        builder.environment().merge("PATH", programs.toString(), (path, first) -> first + ":" + path);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }

    private Ended smoke() throws Exception {
        return smokeOfDev(Map.of());
    }

    private Ended smokeOfDev(Map<String, String> more) throws Exception {
        assumeTrue(isInstalled("jq"), "the jq command is not on the PATH");
        Map<String, String> environment = new HashMap<>(more);
        environment.putAll(Map.of("ENV", "dev", "API_KEY", KEY));
        return smoke(environment);
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    @Test
    void allIsWellWhereAllAnswersAreRight() throws Exception {
        Ended ended = smoke();

        assertEquals(0, ended.code(), ended.output());
        assertFalse(ended.output().contains("WRONG"), ended.output());
        assertFalse(Files.readString(programs.resolve("curl.arguments")).contains("secretQ7"), "others see arguments");
        assertFalse(ended.output().contains("secretQ7"), ended.output());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "aws     | ACTIVE KMS           | ACTIVE NONE           | the stream is there and encrypted",
                "aws     | available true true  | available true false  | Redis is there, encrypted on the way and at rest",
                "aws     | echo True            | echo False            | iot-db-gateway-dev is rotated",
                "aws     | echo \"\"            | echo iot-lag-dev      | no alarm",
                "aws     | rds describe         | rds none              | PostgreSQL is there and encrypted",
                "kubectl | cluster-dev          | cluster-prod          | kubectl speaks to it",
                "kubectl | echo 2               | echo 0                | gateways serve",
                "kubectl | dev@sha256:          | dev:                  | every image is named by its digest",
                "kubectl | 443 8883             | 443 8883 8080         | the load balancer listens on 443 and 8883 alone",
                "curl    | printf 401           | printf 202            | nobody may post without a key",
                "curl    | \"accepted\":1       | \"accepted\":0        | a reading is acknowledged",
            })
    void whatIsWrongIsTold(String program, String right, String wrong, String what) throws Exception {
        Path file = programs.resolve(program);
        String script = Files.readString(file);
        assertTrue(script.contains(right));
        Files.writeString(file, script.replace(right, wrong));

        Ended ended = smoke();

        assertEquals(1, ended.code(), ended.output());
        assertTrue(ended.output().contains("WRONG " + what + ": expected"), ended.output());
    }

    @Test
    void anAlarmIsOnlyToldWhereTheNewVersionMayMendIt() throws Exception {
        Path aws = programs.resolve("aws");
        Files.writeString(aws, Files.readString(aws).replace("echo \"\"", "echo iot-lag-dev"));

        Ended ended = smokeOfDev(Map.of("SMOKE_ALARMS", "tell"));

        assertEquals(0, ended.code(), ended.output());
        assertTrue(ended.output().contains("told  alarms: iot-lag-dev"), ended.output());
    }

    @Test
    void theNameInTheCertificateMayBeAnotherThanTheLoadBalancers() throws Exception {
        Path curl = programs.resolve("curl");
        Files.writeString(curl, Files.readString(curl).replace("https://nlb.example/", "https://gateway.example/"));

        Ended ended = smokeOfDev(Map.of("SMOKE_HOST", "gateway.example"));

        assertEquals(0, ended.code(), ended.output());
        assertTrue(Files.readString(programs.resolve("curl.arguments"))
                .contains("--connect-to gateway.example:443:nlb.example:443"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "production", "dev staging"})
    void anEnvironmentThatThereIsNotIsRefused(String environment) throws Exception {
        assertEquals(64, smoke(Map.of("ENV", environment, "API_KEY", KEY)).code());
    }

    @Test
    void withoutAKeyItDoesNotBegin() throws Exception {
        assertEquals(64, smoke(Map.of("ENV", "dev")).code());
    }
}
