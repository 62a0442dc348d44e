package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.lifecycle.JavaLogging;
import dev.millrace.core.lifecycle.Launcher;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.gateway.GatewayApp;
import dev.millrace.gateway.GatewayConfig;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.services.LocalService;
import dev.millrace.local.services.LocalServices;
import dev.millrace.local.services.Reach;
import dev.millrace.local.services.RunDirectory;
import dev.millrace.local.services.StartFailure;
import dev.millrace.local.simulate.SimulatedDevices;
import dev.millrace.processor.ProcessorApp;
import dev.millrace.processor.ProcessorConfig;
import io.vertx.core.Vertx;
import java.io.PrintStream;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code all}: services, processor, gateway and simulated devices in this process, on loopback. */
final class PlatformApp {

    private PlatformApp() {}

    static int run(Environment environment, PrintStream out, StopSignal stop)
            throws InvalidConfiguration, StartFailure, InterruptedException {
        JavaLogging.bridge();
        LocalConfig config = LocalConfig.read(environment);
        Launcher.readLogging(environment);
        try (var directory = RunDirectory.open()) {
            Optional<FirstKeys> firstKeys = config.authRequired() && !config.keysGiven()
                    ? Optional.of(FirstKeys.make(directory.resolve("keys.json")))
                    : Optional.empty();
            Environment with = firstKeys
                    .map(keys ->
                            environment.with(Map.of("API_KEYS_FILE", keys.file().toString())))
                    .orElse(environment);
            // what is wrong with any part's settings is told before anything starts
            ProcessorConfig.read(part(with, Map.of(), config.ports().processorOperations()));
            GatewayConfig.read(gateway(with, Map.of(), config));
            if (config.reach() != Reach.THIS_MACHINE) {
                environment.problem("SERVICES_HOST", "is for the services alone; the whole platform stays on loopback");
            }
            environment.check();
            return run(config, with, directory, firstKeys, out, stop);
        }
    }

    private static int run(
            LocalConfig config,
            Environment environment,
            RunDirectory directory,
            Optional<FirstKeys> firstKeys,
            PrintStream out,
            StopSignal stop)
            throws StartFailure, InterruptedException {
        try (var services = ServicesApp.start(config, Reach.THIS_MACHINE, directory, config.platformPorts());
                var parts = new Parts(stop)) {
            ProcessorConfig processor = ProcessorConfig.read(part(
                    environment,
                    settings(services, LocalService.Program.PROCESSOR),
                    config.ports().processorOperations()));
            GatewayConfig gateway =
                    GatewayConfig.read(gateway(environment, settings(services, LocalService.Program.GATEWAY), config));

            if (!parts.start(new ProcessorApp(processor))) {
                return 0;
            }
            GatewayApp gatewayApp = new GatewayApp(gateway);
            if (!parts.start(gatewayApp)) {
                return 0;
            }
            URI address = URI.create("http://localhost:" + gatewayApp.httpPort());
            URI mqtt = URI.create("mqtt://localhost:" + gatewayApp.mqttPort());
            Optional<ApiKey> deviceKey = Optional.empty();
            if (firstKeys.isPresent()) {
                FirstKeys keys = firstKeys.get();
                deviceKey = Optional.of(keys.registerDevice(address));
                parts.add(() -> keys.removeDevice(address));
            }
            Optional<ApiKey> simulated = deviceKey.or(config.simulation()::key);
            if (!config.authRequired() || simulated.isPresent()) {
                parts.add(devices(config.simulation(), simulated, List.of(mqtt, address)));
            }
            Optional<String> keys = deviceKey.map(
                    device -> "ADMIN_KEY=" + firstKeys.get().admin().text() + " DEVICE_KEY=" + device.text());
            out.println(banner(address, mqtt, config, services, keys));
            stop.await();
        }
        return 0;
    }

    private static Map<String, String> settings(LocalServices services, LocalService.Program program) {
        Map<String, String> settings = new HashMap<>(services.settings());
        settings.putAll(services.settings(program));
        return settings;
    }

    /** What a part is told: the environment of this process, and where the services are. */
    private static Environment part(Environment environment, Map<String, String> services, int opsPort) {
        Map<String, String> settings = new HashMap<>(services);
        settings.put("OPS_PORT", Integer.toString(opsPort));
        settings.put("OPS_HOST", "127.0.0.1");
        // its database is its own, so there is no other processor; and it may run in a pod, as development environments
        // do
        settings.put("MEMBERSHIP", "none");
        return environment.with(settings);
    }

    /** Like every part, and on loopback, where it may be open unless told otherwise. */
    private static Environment gateway(Environment environment, Map<String, String> services, LocalConfig config) {
        return part(environment, services, config.ports().operations())
                .with(Map.of(
                        "HTTP_HOST",
                        "127.0.0.1",
                        "MQTT_HOST",
                        "127.0.0.1",
                        "AUTH",
                        config.authRequired() ? "required" : "off"));
    }

    /** @param key where keys are asked for: without one they would only be turned away */
    private static AutoCloseable devices(LocalConfig.Simulation simulation, Optional<ApiKey> key, List<URI> gateways) {
        Vertx vertx = VertxInstances.create();
        SimulatedDevices devices =
                SimulatedDevices.start(vertx, gateways, key, simulation.sensors(), simulation.seed());
        return () -> {
            devices.close();
            vertx.close().await();
        };
    }

    /** @param keys those that were made, as variables of a shell */
    private static String banner(
            URI address, URI mqtt, LocalConfig config, LocalServices services, Optional<String> keys) {
        StringBuilder text = new StringBuilder("Millrace is ready: " + address + "\n");
        keys.ifPresent(made -> line(text, "keys", made));
        String device = keys.isPresent() ? "$DEVICE_KEY" : "$API_KEY";
        String reader = keys.isPresent() ? "$ADMIN_KEY" : "$API_KEY";
        line(
                text,
                "post",
                "curl " + address + "/sensors" + authorization(config, device)
                        + " -H 'Content-Type: application/json' -d "
                        + "'{\"sensorId\": \"sensor-001\", \"temperature\": 72.5, \"timestamp\": \"2025-12-04T12:00:00Z\"}'");
        line(
                text,
                "publish",
                "mosquitto_pub -h " + mqtt.getHost() + " -p " + mqtt.getPort()
                        + (config.authRequired() ? " -u any -P \"" + device + "\"" : "")
                        + " -q 1 -t sensors/sensor-001 -m "
                        + "'{\"temperature\": 72.5, \"timestamp\": \"2025-12-04T12:00:00Z\"}'");
        line(text, "read", "curl " + address + "/sensors/sensor-001" + authorization(config, reader));
        services.services().forEach(service -> line(text, service.name(), service.howToReach()));
        line(text, "gateway", "curl http://localhost:" + config.ports().operations() + "/health/ready");
        line(text, "processor", "curl http://localhost:" + config.ports().processorOperations() + "/health/ready");
        if (config.authRequired() && keys.isEmpty() && config.simulation().key().isEmpty()) {
            text.append("  No simulated devices: they need a key that may report every sensor, API_KEY.\n");
        }
        return text.append("  Ctrl-C stops it and leaves nothing behind. ")
                .append(
                        config.authRequired()
                                ? keys.isPresent()
                                        ? "AUTH=required: callers need a key; these two live as long as it runs."
                                        : "AUTH=required: callers need a key of API_KEYS_FILE."
                                : "AUTH=off: no key is asked for, on loopback only.")
                .toString();
    }

    private static String authorization(LocalConfig config, String key) {
        return config.authRequired() ? " -H \"Authorization: Bearer " + key + "\"" : "";
    }

    private static void line(StringBuilder text, String name, String command) {
        text.append("  ")
                .append(name)
                .append(" ".repeat(Math.max(1, 12 - name.length())))
                .append(command)
                .append('\n');
    }
}
