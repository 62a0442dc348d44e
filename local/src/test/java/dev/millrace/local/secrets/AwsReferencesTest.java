package dev.millrace.local.secrets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.connect.AwsReferences;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** References, read by the AWS SDK on the wire protocol. */
class AwsReferencesTest {

    /** Longer than the slowest machine needs for an answer. */
    private Duration timeout = Duration.ofSeconds(60);

    private SecretsStandIn standIn;

    @BeforeEach
    void start() throws Exception {
        standIn = SecretsStandIn.start();
        standIn.putSecret("millrace/gateway", "{\"username\":\"gateway\",\"password\":\"s3cret-word\"}");
        standIn.putSecret("text", "s3cret-word");
        standIn.putSecret("denied", "s3cret-word");
        standIn.deny("denied");
        standIn.putParameter("/iot/prod/db/endpoint", "db.internal");
    }

    @AfterEach
    void stop() {
        standIn.close();
    }

    private Environment environment(Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(standIn.settings());
        all.putAll(Map.of(
                "AWS_REGION", "eu-central-1",
                "AWS_ACCESS_KEY_ID", SecretsStandIn.ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"));
        all.putAll(variables);
        return new Environment(all, settings -> AwsReferences.create(settings, timeout));
    }

    @Test
    void readsSecretsAndDecryptedParameters() throws Exception {
        Environment environment = environment(Map.of(
                "USER", "secret:millrace/gateway#username",
                "PASSWORD", "secret:millrace/gateway#password",
                "TEXT", "secret:text",
                "HOST", "ssm:/iot/prod/db/endpoint"));

        assertEquals("gateway", environment.text("USER", ""));
        assertEquals("s3cret-word", environment.text("PASSWORD", ""));
        assertEquals("s3cret-word", environment.text("TEXT", ""));
        assertEquals("db.internal", environment.text("HOST", ""));
        environment.check();
        assertEquals(1, standIn.asked("millrace/gateway"), "user and password come from one reading");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "secret:nowhere   | the secret that it refers to does not exist (ResourceNotFoundException)",
                "secret:denied    | the secret that it refers to may not be read by this process (AccessDeniedException)",
                "ssm:/nowhere     | the parameter that it refers to does not exist (ParameterNotFound)",
                "secret:text#key  | the secret that it refers to is not a JSON object",
                "secret:millrace/gateway#pass | the secret that it refers to has no key pass",
            })
    void whatCannotBeReadIsAProblemOfTheVariableWithoutTheSecretsContent(String reference, String problem) {
        assertEquals(
                "The configuration has 1 problem:\n  X: " + problem, problemOf(environment(Map.of("X", reference))));
    }

    @Test
    void credentialsThatAreNotTakenAreTold() {
        assertEquals(
                "The configuration has 1 problem:\n  X: the secret that it refers to cannot be read:"
                        + " the service answered UnrecognizedClientException",
                problemOf(environment(Map.of("X", "secret:text", "AWS_ACCESS_KEY_ID", "OTHER"))));
    }

    @Test
    void aServiceThatIsNotThereIsGivenUp() {
        String problem = problemOf(
                environment(Map.of("X", "secret:text", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")));

        assertTrue(problem.contains("  X: the secret that it refers to cannot be read: "), problem);
        assertTrue(problem.contains("refused"), problem);
        assertEquals(2, problem.lines().count(), problem);
    }

    @Test
    void aServiceThatTakesTheRequestAndNeverAnswersIsGivenUp() {
        standIn.hang();
        timeout = Duration.ofSeconds(3);

        assertEquals(
                "The configuration has 1 problem:\n  X: the secret that it refers to cannot be read:"
                        + " the service did not answer in time",
                problemOf(environment(Map.of("X", "secret:text"))));
    }

    private static String problemOf(Environment environment) {
        environment.text("X", "");
        InvalidConfiguration told = assertThrows(InvalidConfiguration.class, environment::check);
        assertFalse(told.toString().contains("s3cret-word"));
        return String.valueOf(told.getMessage());
    }
}
