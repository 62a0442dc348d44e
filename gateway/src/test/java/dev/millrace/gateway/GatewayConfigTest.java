package dev.millrace.gateway;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GatewayConfigTest {

    @Test
    void twoServersOnOnePortAreAMistake() {
        for (String port : new String[] {"8080", "9090", "1883"}) {
            Environment environment = environment(Map.of("MQTT_WEBSOCKET_PORT", port));
            GatewayConfig.read(environment);
            InvalidConfiguration problem = assertThrows(InvalidConfiguration.class, environment::check);
            assertTrue(
                    String.valueOf(problem.getMessage()).contains("MQTT_WEBSOCKET_PORT: must not be the same as "),
                    problem::getMessage);
        }
    }

    @Test
    void portsThatAreChosenByTheSystemAreNeverTheSame() {
        Environment environment =
                environment(Map.of("HTTP_PORT", "0", "OPS_PORT", "0", "MQTT_PORT", "0", "MQTT_WEBSOCKET_PORT", "0"));
        GatewayConfig.read(environment);
        assertDoesNotThrow(environment::check);
    }

    private static Environment environment(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("AUTH", "off");
        all.put("HTTP_HOST", "127.0.0.1");
        return new Environment(all);
    }
}
