package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.LoadGenerator.Pace;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * NDJSON bodies of 1,000 readings through the gateway into the emulator, as fast as both take them, against decoding, routing and
 * aggregating alone on one core. The goal is absolute, 150,000 readings a second; as a ratio it follows from the limit.
 */
public final class NdjsonBenchmark {

    private static final double GOAL = 150_000;
    private static final int READINGS = 1_000;
    private static final int BODIES = 50;
    private static final int CONNECTIONS = 16;
    private static final int SHARDS = 8;
    private static final Duration WARM_UP = Duration.ofSeconds(12);
    private static final Duration WINDOW = Duration.ofSeconds(15);

    private final PrintStream out;
    private final double limit;

    /** @param limit readings a second of such bodies that one core decodes, routes and aggregates, measured in this run */
    public NdjsonBenchmark(PrintStream out, double limit) {
        this.out = out;
        this.limit = limit;
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException {
        try (var gateway = GatewayUnderLoad.start(SHARDS);
                var generator = new LoadGenerator(
                        gateway.address(),
                        new HttpRequests(Requests.ndjson(BODIES, READINGS, gateway.authorization())),
                        CONNECTIONS)) {
            Duration emulatorBefore = gateway.servicesCpu();
            LoadResult result = generator.run(new Pace.Closed(), WARM_UP, WINDOW, gateway::cpu);
            Duration emulator = gateway.servicesCpu().minus(emulatorBefore);
            List<String> flaws = result.flaws("ours");
            double rate = result.rate() * READINGS;
            new Line("ndjson", rate, limit, "readings/s", GOAL / limit, flaws).print(out);
            out.printf(
                    Locale.ROOT,
                    "  NDJSON bodies of %d readings over %d connections, %s; goal %.0f readings/s: %s%n",
                    READINGS,
                    CONNECTIONS,
                    gateway.lock(),
                    GOAL,
                    rate >= GOAL ? "met" : "missed");
            out.printf(
                    Locale.ROOT,
                    "  a body: p50 %.1f p99 %.1f ms, %d failed%n",
                    result.latencyMillis(50),
                    result.latencyMillis(99),
                    result.failed());
            out.printf(
                    Locale.ROOT,
                    "  %.2f CPU µs/reading; the gateway used %.2f processors, the emulator %.2f, the generator %.2f%n",
                    result.cpuMicros() / READINGS,
                    result.serverLoad(),
                    emulator.toMillis() / 1e3 / (WARM_UP.plus(WINDOW).toMillis() / 1e3),
                    result.generatorLoad());
            return flaws.isEmpty();
        }
    }
}
