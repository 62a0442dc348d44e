package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.local.simulate.SimulatedDevices;
import io.vertx.core.Vertx;
import java.util.List;

/** {@code simulate}: simulated devices that publish to a gateway anywhere. */
final class SimulateApp {

    private SimulateApp() {}

    static int run(Environment environment, StopSignal stop) throws InvalidConfiguration, InterruptedException {
        LocalConfig.Simulation simulation = LocalConfig.read(environment).simulation();
        environment.check();
        Vertx vertx = VertxInstances.create();
        try {
            var devices = SimulatedDevices.start(
                    vertx,
                    List.of(simulation.mqttGateway(), simulation.gateway()),
                    simulation.key(),
                    simulation.sensors(),
                    simulation.seed());
            stop.await();
            devices.close();
        } finally {
            vertx.close().await();
        }
        return 0;
    }
}
