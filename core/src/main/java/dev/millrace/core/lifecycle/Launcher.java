package dev.millrace.core.lifecycle;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.connect.AwsReferences;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a service as a process: configuration, start, and a stop on SIGTERM that is waited for. */
public final class Launcher {

    private static final Logger LOG = LoggerFactory.getLogger(Launcher.class);

    private Launcher() {}

    /**
     * Starts a service and returns; the process ends by a signal, or with {@link InvalidConfiguration#EXIT_CODE} on a wrong
     * setting, or with 1 where the service cannot start.
     *
     * @param readConfig reads the settings; their problems are told together
     * @param create makes the service of settings without a problem
     */
    public static <C> void run(String name, Function<Environment, C> readConfig, Function<C, Service> create) {
        JavaLogging.bridge();
        Environment environment = new Environment(System.getenv(), AwsReferences::create);
        C config = readConfig.apply(environment);
        readLogging(environment);
        try {
            environment.check();
        } catch (InvalidConfiguration e) {
            System.err.println(e.getMessage());
            System.exit(InvalidConfiguration.EXIT_CODE);
        }
        Service service;
        try {
            service = create.apply(config);
        } catch (RuntimeException e) {
            // what no check of a setting foresaw; the place is told to those who look for it
            LOG.error("The {} cannot start: {}", name, e.toString());
            LOG.debug("Where it failed", e);
            System.exit(1);
            return;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(name, service), "shutdown-hook"));
        service.start().onFailure(cause -> {
            LOG.error("The {} cannot start: {}", name, cause.getMessage());
            // exit waits for the hook, which must not wait for this thread
            Thread.ofPlatform().start(() -> System.exit(1));
        });
    }

    /** Checks what logback.xml reads by itself: with a wrong word there, nothing would be logged at all. */
    public static void readLogging(Environment environment) {
        environment.oneOf("LOG_FORMAT", "text", List.of("text", "json"));
        environment.oneOfIgnoringCase("LOG_LEVEL", "INFO", List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE"));
    }

    private static void stop(String name, Service service) {
        LOG.info("Stopping the {}", name);
        service.shutdownPlan().run().join();
        LOG.info("The {} has stopped", name);
    }
}
