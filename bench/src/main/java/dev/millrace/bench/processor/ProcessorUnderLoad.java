package dev.millrace.bench.processor;

import dev.millrace.bench.load.Child;
import dev.millrace.bench.load.EmulatorFaults;
import dev.millrace.bench.load.Operations;
import dev.millrace.bench.load.ServicesMain;
import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** PostgreSQL, Redis and a Kinesis emulator in a process, and {@code processor.jar} in others. */
final class ProcessorUnderLoad implements AutoCloseable {

    /** More options for the processor's JVM, separated by spaces; for profiles and experiments. */
    static final String OPTIONS = "BENCH_PROCESSOR_OPTIONS";

    private final Child services;
    private final Map<String, String> settings;

    private ProcessorUnderLoad(Child services) {
        this.services = services;
        this.settings = new HashMap<>(services.settings());
        settings.putAll(Map.of(
                "OPS_HOST", "127.0.0.1",
                "LOG_LEVEL", "WARN",
                "AWS_REGION", "eu-central-1",
                "AWS_ACCESS_KEY_ID", "bench",
                "AWS_SECRET_ACCESS_KEY", "bench"));
    }

    /**
     * Starts the services alone.
     *
     * @param limits {@link ServicesMain#AWS_LIMITS} or another word for none
     */
    static ProcessorUnderLoad start(int shards, String limits) throws IOException {
        return new ProcessorUnderLoad(Child.start(
                ServicesMain.class,
                Child.StopSign.END_OF_INPUT,
                List.of(),
                Map.of("LOG_LEVEL", "WARN"),
                Integer.toString(shards),
                limits));
    }

    /** A processor that runs. */
    record Running(String owner, Child process, Operations operations) implements AutoCloseable {

        Running awaitReady() throws IOException, InterruptedException {
            operations.awaitReady("the processor", process);
            return this;
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /**
     * Starts a processor, and returns at once.
     *
     * @param more settings beside those that lead to the services
     */
    Running processor(String owner, Map<String, String> more) throws IOException {
        return processor(owner, more, List.of());
    }

    /**
     * Likewise.
     *
     * @param forThis options for the processor's JVM, beside those of the image
     */
    Running processor(String owner, Map<String, String> more, List<String> forThis) throws IOException {
        int opsPort = FreePort.choose();
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("OPS_PORT", Integer.toString(opsPort));
        environment.put("PROCESSOR_OWNER", owner);
        environment.putAll(more);
        List<String> options = Stream.of(Child.imageOptions("processor"), forThis, Child.optionsFrom(OPTIONS))
                .flatMap(List::stream)
                .toList();
        return new Running(
                owner, Child.startJar(Child.jar("processor"), options, environment), new Operations(opsPort));
    }

    /** With which one reaches the services. */
    Map<String, String> settings() {
        return Map.copyOf(settings);
    }

    String setting(String name) {
        return Objects.requireNonNull(settings.get(name), name);
    }

    EmulatorFaults faults() {
        return new EmulatorFaults(setting("AWS_ENDPOINT_URL_KINESIS"));
    }

    /** The process in which the emulator runs, and nothing else that works. */
    Child services() {
        return services;
    }

    /** Redis' own process. */
    long redis() throws IOException {
        // of a connection of its own: what follows the line is not read
        try (var redis = new RedisValues(setting("REDIS_URL"))) {
            return redis.process();
        }
    }

    @Override
    public void close() {
        services.close();
    }
}
