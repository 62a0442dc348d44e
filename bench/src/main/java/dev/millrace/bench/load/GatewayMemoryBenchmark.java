package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.LoadGenerator.Pace;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What memory a gateway takes at most, as the system counts it, with the options of its image for a JVM of its pod's memory, under
 * single readings at the rate of {@code http}, as many of them as it answers, and bodies of 1,000 as fast as it takes them.
 */
public final class GatewayMemoryBenchmark {

    private static final double GOAL = 1;
    private static final int SHARDS = 8;
    private static final int RATE = 10_000;
    private static final int CONNECTIONS = 256;
    private static final int BODIES = 50;
    private static final int READINGS_PER_BODY = 1_000;
    private static final int BODY_CONNECTIONS = 64;
    private static final Duration SETTLING = Duration.ofSeconds(3);
    private static final Duration WINDOW = Duration.ofSeconds(10);

    private final PrintStream out;
    private final int mebibytes;
    private final List<String> options;

    /**
     * A gateway in a pod.
     *
     * @param mebibytes of the pod
     * @param options of its JVM, beside those of the image
     */
    public GatewayMemoryBenchmark(PrintStream out, int mebibytes, List<String> options) {
        this.out = out;
        this.mebibytes = mebibytes;
        this.options = List.copyOf(options);
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException {
        try (var gateway = GatewayUnderLoad.start(SHARDS, options)) {
            List<String> flaws = new ArrayList<>();
            List<String> steps = new ArrayList<>();
            Protocol singles = new HttpRequests(Requests.singles(gateway.authorization()));
            Protocol bodies = new HttpRequests(Requests.ndjson(BODIES, READINGS_PER_BODY, gateway.authorization()));
            step(gateway, "ready", steps);
            try (var generator = new LoadGenerator(gateway.address(), singles, CONNECTIONS)) {
                flaws.addAll(load(generator, new Pace.Open(RATE), gateway));
                step(gateway, RATE + " requests/s", steps);
                flaws.addAll(load(generator, new Pace.Closed(), gateway));
                step(gateway, CONNECTIONS + " connections saturated", steps);
            }
            try (var generator = new LoadGenerator(gateway.address(), bodies, BODY_CONNECTIONS)) {
                flaws.addAll(load(generator, new Pace.Closed(), gateway));
                step(gateway, "bodies over " + BODY_CONNECTIONS, steps);
            }
            Line.ceiling("memory", gateway.process().peakMebibytes(), mebibytes, "MiB", GOAL, flaws)
                    .print(out);
            out.println("  most resident memory so far, in MiB: " + String.join(", ", steps));
            return flaws.isEmpty();
        }
    }

    private static List<String> load(LoadGenerator generator, Pace pace, GatewayUnderLoad gateway) throws IOException {
        return generator.run(pace, SETTLING, WINDOW, gateway::cpu).flaws("ours");
    }

    private static void step(GatewayUnderLoad gateway, String name, List<String> steps) throws IOException {
        steps.add(String.format(Locale.ROOT, "%s %.0f", name, gateway.process().peakMebibytes()));
    }
}
