package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.lifecycle.Launcher;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.gateway.GatewayApp;
import dev.millrace.gateway.GatewayConfig;
import dev.millrace.local.services.LocalServices;
import dev.millrace.local.services.RunDirectory;
import dev.millrace.local.services.StartFailure;
import dev.millrace.local.simulate.SimulatedDevices;
import dev.millrace.processor.ProcessorApp;
import dev.millrace.processor.ProcessorConfig;
import io.vertx.core.Vertx;
import java.io.PrintStream;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** {@code all}: services, processor, gateway and simulated devices in this process, on loopback. */
final class PlatformApp {

    private PlatformApp() {}

    static int run(Environment environment, PrintStream out, StopSignal stop)
            throws InvalidConfiguration, StartFailure, InterruptedException {
        LocalConfig config = LocalConfig.read(environment);
        Launcher.readLogging(environment);
        // what is wrong with any part's settings is told before anything starts
        ProcessorConfig.read(part(environment, Map.of(), config.ports().processorOperations()));
        GatewayConfig.read(part(environment, Map.of(), config.ports().operations()));
        environment.check();
        try (var directory = RunDirectory.open();
                var services = ServicesApp.start(config, directory, config.platformPorts());
                var parts = new Parts(stop)) {
            ProcessorConfig processor = ProcessorConfig.read(
                    part(environment, services.settings(), config.ports().processorOperations()));
            GatewayConfig gateway = GatewayConfig.read(
                    part(environment, services.settings(), config.ports().operations()));

            if (!parts.start(new ProcessorApp(processor))) {
                return 0;
            }
            GatewayApp gatewayApp = new GatewayApp(gateway);
            if (!parts.start(gatewayApp)) {
                return 0;
            }
            URI address = URI.create("http://localhost:" + gatewayApp.httpPort());
            parts.add(devices(config.simulation(), address));
            out.println(banner(address, config, services));
            stop.await();
        }
        return 0;
    }

    /** What a part is told: the environment of this process, and where the services are. */
    private static Environment part(Environment environment, Map<String, String> services, int opsPort) {
        Map<String, String> settings = new HashMap<>(services);
        settings.put("OPS_PORT", Integer.toString(opsPort));
        settings.put("OPS_HOST", "127.0.0.1");
        settings.put("HTTP_HOST", "127.0.0.1");
        return environment.with(settings);
    }

    private static AutoCloseable devices(LocalConfig.Simulation simulation, URI gateway) {
        Vertx vertx = VertxInstances.create();
        SimulatedDevices devices = SimulatedDevices.start(vertx, gateway, simulation.sensors(), simulation.seed());
        return () -> {
            devices.close();
            vertx.close().await();
        };
    }

    private static String banner(URI address, LocalConfig config, LocalServices services) {
        StringBuilder text = new StringBuilder("Millrace is ready: " + address + "\n");
        line(
                text,
                "post",
                "curl " + address + "/sensors -H 'Content-Type: application/json' -d "
                        + "'{\"sensorId\": \"sensor-001\", \"temperature\": 72.5, \"timestamp\": \"2025-12-04T12:00:00Z\"}'");
        line(text, "read", "curl " + address + "/sensors/sensor-001");
        services.services().forEach(service -> line(text, service.name(), service.howToReach()));
        line(text, "gateway", "curl http://localhost:" + config.ports().operations() + "/health/ready");
        line(text, "processor", "curl http://localhost:" + config.ports().processorOperations() + "/health/ready");
        return text.append("  Ctrl-C stops it and leaves nothing behind. There is no authentication: loopback only.")
                .toString();
    }

    private static void line(StringBuilder text, String name, String command) {
        text.append("  ")
                .append(name)
                .append(" ".repeat(Math.max(1, 12 - name.length())))
                .append(command)
                .append('\n');
    }
}
