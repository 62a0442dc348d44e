package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.LoadGenerator.Pace;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What one device's flood does to another: the p99 of a device that keeps its rate, alone and, in turns, beside one that sends as fast
 * as it is answered. Both have the same rate of their own.
 */
public final class FairnessBenchmark {

    /** What each device may send, in readings a second. */
    private static final int ALLOWED = 1_000;

    /** What the one that keeps to it sends. */
    private static final int RATE = 500;

    private static final int CONNECTIONS = 16;
    private static final int FLOOD_CONNECTIONS = 64;
    private static final int FLOOD_READINGS = 1_000;
    private static final int MQTT_IN_FLIGHT = 16;
    private static final int ROUNDS = 5;
    private static final int WARM_UP = 3;
    private static final int SHARDS = 2;

    /** At most so many times its p99 alone. */
    private static final double MOST = 2;

    private static final Duration SETTLING = Duration.ofSeconds(1);
    private static final Duration WINDOW = Duration.ofSeconds(4);

    private final PrintStream out;

    public FairnessBenchmark(PrintStream out) {
        this.out = out;
    }

    /** Prints its lines, and answers whether all its figures show something. */
    public boolean run() throws IOException, InterruptedException {
        try (var gateway = GatewayUnderLoad.startLimited(SHARDS, ALLOWED);
                ExecutorService beside = Executors.newSingleThreadExecutor()) {
            boolean valid = against(
                    gateway,
                    beside,
                    "fairness",
                    "one reading a request",
                    gateway.address(),
                    new HttpRequests(Requests.singles(gateway.otherAuthorization())));
            valid &= against(
                    gateway,
                    beside,
                    "fairness-bodies",
                    FLOOD_READINGS + " readings a request",
                    gateway.address(),
                    new HttpRequests(Requests.ndjson(8, FLOOD_READINGS, gateway.otherAuthorization())));
            valid &= against(
                    gateway,
                    beside,
                    "fairness-mqtt",
                    MQTT_IN_FLIGHT + " publishes of MQTT 3.1.1 under way each",
                    gateway.mqttAddress(),
                    new MqttPublishes(gateway.otherLogin(), MQTT_IN_FLIGHT));
            return valid;
        }
    }

    /** One of five rounds: alone, then beside the flood. */
    private record Round(LoadResult alone, LoadResult flooded, LoadResult flood) {

        double factor() {
            return flooded.latencyMillis(99) / alone.latencyMillis(99);
        }
    }

    private boolean against(
            GatewayUnderLoad gateway,
            ExecutorService beside,
            String name,
            String flood,
            InetSocketAddress door,
            Protocol flooding)
            throws IOException, InterruptedException {
        List<Round> rounds = new ArrayList<>();
        Protocol requests = new HttpRequests(Requests.singles(gateway.authorization()));
        try (var polite = new LoadGenerator(gateway.address(), requests, CONNECTIONS);
                var rude = new LoadGenerator(door, flooding, FLOOD_CONNECTIONS)) {
            for (int i = 0; i < WARM_UP; i++) {
                polite.run(new Pace.Open(RATE), SETTLING, WINDOW, gateway::cpu);
            }
            for (int i = 0; i < ROUNDS; i++) {
                LoadResult alone = polite.run(new Pace.Open(RATE), SETTLING, WINDOW, gateway::cpu);
                Future<LoadResult> under =
                        beside.submit(() -> rude.run(new Pace.Closed(), SETTLING, WINDOW, gateway::cpu));
                LoadResult flooded = polite.run(new Pace.Open(RATE), SETTLING, WINDOW, gateway::cpu);
                rounds.add(new Round(alone, flooded, result(under)));
            }
        }
        return print(name, flood, rounds);
    }

    private static LoadResult result(Future<LoadResult> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IOException("the flood failed", e.getCause());
        }
    }

    private boolean print(String name, String flood, List<Round> rounds) {
        List<String> flaws = new ArrayList<>();
        for (Round round : rounds) {
            flaws.addAll(round.alone.flaws("alone", RATE));
            flaws.addAll(round.flooded.flaws("beside the flood", RATE));
        }
        List<Round> sorted = new ArrayList<>(rounds);
        sorted.sort((a, b) -> Double.compare(a.factor(), b.factor()));
        Round median = sorted.get(ROUNDS / 2);
        Line.ceiling(
                        name,
                        median.flooded.latencyMillis(99) * 1_000,
                        MOST * median.alone.latencyMillis(99) * 1_000,
                        "µs p99 beside a flood",
                        1,
                        flaws)
                .print(out);
        out.printf(
                Locale.ROOT,
                "  a device that sends %d/s, rate %d/s, beside one that sends as fast as it is answered over %d connections, %s, same rate%n",
                RATE,
                ALLOWED,
                FLOOD_CONNECTIONS,
                flood);
        for (Round round : rounds) {
            out.printf(
                    Locale.ROOT,
                    "  p99 alone %.2f ms, beside the flood %.2f ms: %.2f times; p50 %.2f, %.2f; of the flood %d requests taken, %d refused%n",
                    round.alone.latencyMillis(99),
                    round.flooded.latencyMillis(99),
                    round.factor(),
                    round.alone.latencyMillis(50),
                    round.flooded.latencyMillis(50),
                    round.flood.accepted(),
                    round.flood.failed());
        }
        return flaws.isEmpty();
    }
}
