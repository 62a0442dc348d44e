package dev.millrace.gateway.auth;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.file;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.gateway.GatewayConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthConfigTest {

    private static final String OFF_IN_PUBLIC =
            "AUTH: may be off only where HTTP_HOST and MQTT_HOST are loopback addresses such as 127.0.0.1";

    @Test
    void withoutAWordTheDoorIsLockedAndOpenToTheNetwork(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("keys.json");
        Files.writeString(path, file(entry("a", Role.ADMIN)));

        Environment environment = new Environment(Map.of("API_KEYS_FILE", path.toString()));
        GatewayConfig config = GatewayConfig.read(environment);
        environment.check();

        assertEquals("0.0.0.0", config.http().host());
        AuthConfig.Required required = assertInstanceOf(AuthConfig.Required.class, config.auth());
        assertEquals(1, required.keys().size());
        assertEquals(path, required.file());
    }

    @Test
    void withoutAFileThereIsNoStart() {
        assertProblems("API_KEYS_FILE: must be set where AUTH is required", Map.of());
        assertProblems("API_KEYS_FILE: must be set where AUTH is required", Map.of("AUTH", "required"));
        assertProblems("API_KEYS_FILE: must be set where AUTH is required", Map.of("API_KEYS_FILE", ""));
    }

    @Test
    void aFileThatCannotBeReadOrIsBadIsAProblemWithAllThatIsWrong(@TempDir Path folder) throws Exception {
        assertProblems(
                "API_KEYS_FILE: the file cannot be read",
                Map.of("API_KEYS_FILE", folder.resolve("none").toString()));
        assertProblems("API_KEYS_FILE: the file cannot be read", Map.of("API_KEYS_FILE", folder.toString()));
        assertProblems("API_KEYS_FILE: must be a path", Map.of("API_KEYS_FILE", "a\0b"));

        Path path = folder.resolve("keys.json");
        Files.writeString(path, file(entry("a", Role.DEVICE), entry("b", Role.READER, "x")));
        assertProblems("""
                API_KEYS_FILE: keys[0] (a), line 2: sensors: must be there for a device
                  API_KEYS_FILE: keys[1] (b), line 3: sensors: must not be there but for a device
                  HTTP_PORT: must be a whole number from 0 to 65535, or off""", Map.of("API_KEYS_FILE", path.toString(), "HTTP_PORT", "x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    void authenticationMayBeOffOnLoopback(String host) throws Exception {
        Environment environment = new Environment(Map.of("AUTH", "off", "HTTP_HOST", host));
        AuthConfig config = AuthConfig.read(environment, List.of(host));
        environment.check();

        assertEquals(new AuthConfig.Off(), config);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "::",
                "10.0.0.1",
                "192.168.127.1",
                "gateway.example",
                "localhost.example",
                "127.0.0.1.example",
                "128.0.0.1",
                "::ffff:10.0.0.1",
            })
    void authenticationMayNotBeOffElsewhere(String host) {
        assertProblems(OFF_IN_PUBLIC, Map.of("AUTH", "off", "HTTP_HOST", host));
    }

    @Test
    void authenticationIsNotOffByDefaultOrByAMistake(@TempDir Path folder) {
        assertProblems(OFF_IN_PUBLIC, Map.of("AUTH", "off"));
        assertProblems(
                "AUTH: must be one of required, off\n  API_KEYS_FILE: must be set where AUTH is required",
                Map.of("AUTH", "OFF", "HTTP_HOST", "127.0.0.1"));
        assertProblems(
                "API_KEYS_FILE: must not be set where AUTH is off: no key would be asked for",
                Map.of("AUTH", "off", "HTTP_HOST", "127.0.0.1", "API_KEYS_FILE", folder.toString()));
    }

    /** Every problem is told, and no other. */
    private static void assertProblems(String expected, Map<String, String> variables) {
        Environment environment = new Environment(new HashMap<>(variables));
        GatewayConfig.read(environment);
        String message = String.valueOf(
                assertThrows(InvalidConfiguration.class, environment::check).getMessage());
        assertEquals(
                expected.lines().map(String::strip).sorted().toList(),
                message.lines().skip(1).map(String::strip).sorted().toList());
    }
}
