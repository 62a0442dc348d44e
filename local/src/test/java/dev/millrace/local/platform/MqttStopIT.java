package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.local.port.FreePort;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** G8 over MQTT: a gateway stops under load, another one follows, and nothing that was acknowledged is lost. */
class MqttStopIT {

    @Test
    void nothingAcknowledgedIsLostWhenTheGatewayStopsUnderLoad() throws Exception {
        try (Services services = new Services(2);
                JavaProcess processor = JavaProcess.start(services.directory(), "processor", services.environment())) {
            processor.awaitReady();
            int port = FreePort.choose();
            MqttLoad load;
            try (JavaProcess first = gateway(services, port)) {
                first.awaitReady();
                load = MqttLoad.start(port, "stop-", EnumSet.allOf(MqttLibrary.class), 1, 2);
                Await.until("all publish", () -> load.delivered() >= 100);
                first.terminate();
                assertEquals(143, first.awaitExit());
                first.assertNoFault();
            }
            try (load;
                    JavaProcess second = gateway(services, port)) {
                second.awaitReady();
                int before = load.delivered();
                Await.until(load + " go on", () -> load.delivered() >= before + 50);
                load.finish();
                load.assertStored(services);
                second.assertNoFault();
            }
        }
    }

    private static JavaProcess gateway(Services services, int port) throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", Integer.toString(FreePort.choose()));
        environment.put("MQTT_PORT", Integer.toString(port));
        return JavaProcess.start(services.directory(), "gateway", environment);
    }
}
