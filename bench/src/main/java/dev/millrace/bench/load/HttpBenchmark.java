package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.LoadGenerator.Pace;
import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * What a single-reading request costs the gateway, acknowledged when the stream holds the reading, against the server that does
 * nothing. Both have the same load, in turns, so that what else the machine does meets both.
 */
public final class HttpBenchmark {

    private static final double GOAL = 0.33;
    private static final double GOAL_P99_MILLIS = 50;

    /** Later than this in one request of a hundred, and the generator's figures are its own rather than the server's. */
    private static final double MAX_LATENESS_MILLIS = 5;

    private static final int RATE = 10_000;
    private static final int CONNECTIONS = 256;
    private static final int SHARDS = 2;
    private static final int ROUNDS = 4;
    private static final Duration WARM_UP = Duration.ofSeconds(8);
    private static final Duration SETTLING = Duration.ofSeconds(1);
    private static final Duration WINDOW = Duration.ofSeconds(6);
    private static final Duration SATURATION = Duration.ofSeconds(5);

    private static final Pace OPEN = new Pace.Open(RATE);
    private static final Pace CLOSED = new Pace.Closed();

    private final PrintStream out;

    public HttpBenchmark(PrintStream out) {
        this.out = out;
    }

    /** One server under load. */
    private record Side(LoadGenerator generator, Supplier<Duration> cpu) implements AutoCloseable {

        static Side of(InetSocketAddress server, Supplier<Duration> cpu) throws IOException {
            return new Side(new LoadGenerator(server, Requests.singles(), CONNECTIONS), cpu);
        }

        LoadResult run(Pace pace, Duration settling, Duration window) throws IOException {
            return generator.run(pace, settling, window, cpu);
        }

        @Override
        public void close() throws IOException {
            generator.close();
        }
    }

    public void run() throws IOException, InterruptedException {
        int barePort = FreePort.choose();
        try (var gateway = GatewayUnderLoad.start(SHARDS);
                var server = Child.start(
                        BareServer.class, GatewayUnderLoad.imageOptions(), GatewayUnderLoad.loopback(barePort));
                var ours = Side.of(gateway.address(), gateway::cpu);
                var bare = Side.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), barePort), server::cpu)) {
            // the compilers are done when both have had more than they will be measured with
            ours.run(CLOSED, Duration.ZERO, WARM_UP);
            bare.run(CLOSED, Duration.ZERO, WARM_UP.dividedBy(2));
            List<LoadResult> oursRounds = new ArrayList<>();
            List<LoadResult> bareRounds = new ArrayList<>();
            double calls = 0;
            Duration emulator = Duration.ZERO;
            for (int round = 0; round < ROUNDS; round++) {
                double callsBefore = gateway.metric("millrace_gateway_put_records_count");
                Duration emulatorBefore = gateway.servicesCpu();
                oursRounds.add(ours.run(OPEN, SETTLING, WINDOW));
                calls += gateway.metric("millrace_gateway_put_records_count") - callsBefore;
                emulator = emulator.plus(gateway.servicesCpu().minus(emulatorBefore));
                bareRounds.add(bare.run(OPEN, SETTLING, WINDOW));
            }
            double seconds = (SETTLING.toMillis() + WINDOW.toMillis()) * ROUNDS / 1e3;
            report(oursRounds, bareRounds, calls / seconds, emulator.toMillis() / 1e3 / seconds);
            saturation("ours", ours.run(CLOSED, SETTLING, SATURATION));
            saturation("bare", bare.run(CLOSED, SETTLING, SATURATION));
        }
    }

    private void report(List<LoadResult> oursRounds, List<LoadResult> bareRounds, double calls, double emulator) {
        LoadResult ours = oursRounds.stream().reduce(LoadResult::plus).orElseThrow();
        LoadResult bare = bareRounds.stream().reduce(LoadResult::plus).orElseThrow();
        // requests for a second of processor time: bigger is better
        Line.print(out, "http", 1e6 / ours.cpuMicros(), 1e6 / bare.cpuMicros(), "requests/CPU-second", GOAL);
        side("ours", ours, oursRounds);
        side("bare", bare, bareRounds);
        out.printf(
                Locale.ROOT,
                "  ours: %.0f PutRecords/s, %.1f readings each; the emulator and its neighbours used %.2f of a processor%n",
                calls,
                ours.rate() / calls,
                emulator);
        out.printf(
                Locale.ROOT,
                "  p99 below %.0f ms: %s%n",
                GOAL_P99_MILLIS,
                ours.latencyMillis(99) < GOAL_P99_MILLIS ? "yes" : "no");
    }

    private void side(String name, LoadResult result, List<LoadResult> rounds) {
        out.printf(
                Locale.ROOT,
                "  %s: %.1f CPU µs/request (rounds %s), %.0f requests/s, %d failed, p50 %.2f p99 %.2f max %.1f ms%n",
                name,
                result.cpuMicros(),
                String.join(
                        " ",
                        rounds.stream()
                                .map(round -> String.format(Locale.ROOT, "%.1f", round.cpuMicros()))
                                .toList()),
                result.rate(),
                result.failed(),
                result.latencyMillis(50),
                result.latencyMillis(99),
                result.latencyMillis(100));
        out.printf(
                Locale.ROOT,
                "  %s: the generator used %.2f of a processor and was late by p99 %.2f ms%n",
                name,
                result.generatorLoad(),
                result.latenessMillis(99));
        if (result.latenessMillis(99) > MAX_LATENESS_MILLIS) {
            out.printf("  VOID: the generator could not keep the rate for %s%n", name);
        }
        if (result.failed() > 0 || result.rate() < 0.99 * RATE) {
            out.printf(Locale.ROOT, "  VOID: %s did not answer %d requests/s by 202%n", name, RATE);
        }
    }

    private void saturation(String name, LoadResult result) {
        out.printf(
                Locale.ROOT,
                "  %s saturated: %.0f requests/s, %d failed, p50 %.2f p99 %.2f ms; it used %.2f processors, the generator %.2f%s%n",
                name,
                result.rate(),
                result.failed(),
                result.latencyMillis(50),
                result.latencyMillis(99),
                result.serverLoad(),
                result.generatorLoad(),
                result.generatorLoad() > 0.9 ? ": it is the generator that is saturated" : "");
    }
}
