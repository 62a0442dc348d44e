package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.local.services.LocalKinesis;
import dev.millrace.local.services.LocalPostgres;
import dev.millrace.local.services.LocalRedis;
import dev.millrace.local.services.LocalService;
import dev.millrace.local.services.LocalServices;
import dev.millrace.local.services.LoopbackPort;
import dev.millrace.local.services.Reach;
import dev.millrace.local.services.RunDirectory;
import dev.millrace.local.services.StartFailure;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code services}: the servers that gateway and processor need, for running those two from an IDE. */
final class ServicesApp {

    private ServicesApp() {}

    static int run(Environment environment, PrintStream out, StopSignal stop)
            throws InvalidConfiguration, StartFailure, InterruptedException {
        LocalConfig config = LocalConfig.read(environment);
        environment.check();
        try (var directory = RunDirectory.open();
                var services = start(config, config.reach(), directory, config.servicePorts())) {
            tell(services, config.reach(), out);
            stop.await();
        }
        return 0;
    }

    /** {@code kinesis}: the emulator alone. */
    static int runKinesis(Environment environment, PrintStream out, StopSignal stop)
            throws InvalidConfiguration, StartFailure, InterruptedException {
        LocalConfig config = LocalConfig.read(environment);
        environment.check();
        LoopbackPort.requireFree(List.of(config.kinesisPort()));
        try (var services = LocalServices.start(List.of(kinesis(config, config.reach())))) {
            tell(services, config.reach(), out);
            stop.await();
        }
        return 0;
    }

    private static void tell(LocalServices services, Reach reach, PrintStream out) {
        out.println("The services are ready:");
        if (reach == Reach.OTHER_MACHINES) {
            out.println(
                    "  SERVICES_HOST=" + reach.host()
                            + ": whoever reaches this machine reaches them, without TLS, and Redis and Kinesis without a password");
        }
        services.services().forEach(service -> out.printf("  %-12s %s%n", service.name(), service.howToReach()));
        tell("gateway and processor", services.settings(), out);
        tell("the gateway", services.settings(LocalService.Program.GATEWAY), out);
        tell("the processor", services.settings(LocalService.Program.PROCESSOR), out);
    }

    private static void tell(String whom, Map<String, String> settings, PrintStream out) {
        if (!settings.isEmpty()) {
            out.println("For " + whom + ":");
            settings.forEach((name, value) -> out.printf("  %s=%s%n", name, value));
        }
    }

    private static LocalService.Starter kinesis(LocalConfig config, Reach reach) {
        LocalConfig.Stream stream = config.stream();
        return () -> LocalKinesis.start(config.ports().kinesis(), stream.name(), stream.shards(), reach);
    }

    /**
     * Starts the services that are not said to run elsewhere, all at once.
     *
     * @param reach from where they can be reached
     * @param ports what must be free before; looked at here, since opening the directory ends what a killed run has left
     */
    static LocalServices start(LocalConfig config, Reach reach, RunDirectory directory, List<LoopbackPort> ports)
            throws StartFailure {
        LoopbackPort.requireFree(ports);
        List<LocalService.Starter> starters = new ArrayList<>();
        if (config.external().databaseUrl().isEmpty()) {
            starters.add(() -> LocalPostgres.start(
                    config.ports().database(),
                    directory.resolve("postgresql"),
                    LocalPostgres.binaries(directory),
                    reach));
        }
        if (config.external().redisUrl().isEmpty()) {
            starters.add(() -> LocalRedis.start(config.ports().redis(), directory.resolve("redis"), reach));
        }
        starters.add(kinesis(config, reach));
        return LocalServices.start(starters);
    }
}
