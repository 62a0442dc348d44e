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

    /** Odd: the median is one of them. */
    private static final int ROUNDS = 5;

    private static final Duration WARM_UP = Duration.ofSeconds(5);
    private static final Duration WARM_UP_STEP = Duration.ofSeconds(3);
    private static final int MAX_WARM_UP_STEPS = 11;

    /** The compilers' share of a server's processor time at which it counts as warm. */
    private static final double WARM = 0.05;

    private static final Duration SETTLING = Duration.ofMillis(500);
    private static final Duration WINDOW = Duration.ofSeconds(3);
    private static final Duration SATURATION = Duration.ofSeconds(4);

    /** About what a PutRecords call takes in a region of AWS. */
    private static final int AWS_MILLIS = 10;

    private static final Pace OPEN = new Pace.Open(RATE);
    private static final Pace CLOSED = new Pace.Closed();

    private final PrintStream out;

    public HttpBenchmark(PrintStream out) {
        this.out = out;
    }

    /**
     * One server under load.
     *
     * @param cpu the processor time that it has used, but for its compilers': they work for a minute or two after a start,
     *     and what they do is no part of a request
     * @param compilerCpu that of its compilers
     */
    private record Side(LoadGenerator generator, Supplier<Duration> cpu, Supplier<Duration> compilerCpu)
            implements AutoCloseable {

        static Side of(InetSocketAddress address, Child server, int connections) throws IOException {
            return new Side(
                    new LoadGenerator(address, Requests.singles(), connections),
                    () -> server.cpu().minus(server.compilerCpu()),
                    server::compilerCpu);
        }

        LoadResult run(Pace pace, Duration settling, Duration window) throws IOException {
            return generator.run(pace, settling, window, cpu);
        }

        /**
         * Much load, and then the load to be measured until the compilers have little left to do: they are the cost of a
         * start, not of a request.
         */
        void warmUp() throws IOException {
            run(CLOSED, Duration.ZERO, WARM_UP);
            double share = 1;
            for (int step = 0; step < MAX_WARM_UP_STEPS && share > WARM; step++) {
                Duration before = compilerCpu.get();
                LoadResult result = run(OPEN, Duration.ZERO, WARM_UP_STEP);
                double compilers = compilerCpu.get().minus(before).toMillis();
                share = compilers / (compilers + result.serverCpu().toMillis());
            }
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
                        BareServer.class,
                        Child.StopSign.SIGTERM,
                        GatewayUnderLoad.imageOptions(),
                        GatewayUnderLoad.loopback(barePort));
                var ours = Side.of(gateway.address(), gateway.process(), CONNECTIONS);
                var bare = Side.of(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), barePort), server, CONNECTIONS)) {
            ours.warmUp();
            bare.warmUp();
            List<LoadResult> oursRounds = new ArrayList<>();
            List<LoadResult> bareRounds = new ArrayList<>();
            double calls = 0;
            Duration emulator = Duration.ZERO;
            Duration compilers = Duration.ZERO;
            for (int round = 0; round < ROUNDS; round++) {
                double callsBefore = gateway.metric("millrace_gateway_put_records_count");
                Duration emulatorBefore = gateway.servicesCpu();
                Duration compilersBefore = gateway.process().compilerCpu();
                oursRounds.add(ours.run(OPEN, SETTLING, WINDOW));
                calls += gateway.metric("millrace_gateway_put_records_count") - callsBefore;
                emulator = emulator.plus(gateway.servicesCpu().minus(emulatorBefore));
                compilers = compilers.plus(gateway.process().compilerCpu().minus(compilersBefore));
                bareRounds.add(bare.run(OPEN, SETTLING, WINDOW));
            }
            double seconds = (SETTLING.toMillis() + WINDOW.toMillis()) * ROUNDS / 1e3;
            report(
                    oursRounds,
                    bareRounds,
                    calls / seconds,
                    emulator.toMillis() / 1e3 / seconds,
                    compilers.toMillis() / 1e3 / seconds);
            saturation("ours", ours.run(CLOSED, SETTLING, SATURATION));
            saturation("bare", bare.run(CLOSED, SETTLING, SATURATION));
            gateway.answerPutRecordsAfter(AWS_MILLIS);
            try (var asInAws = Side.of(gateway.address(), gateway.process(), 4 * CONNECTIONS)) {
                asInAws(asInAws.run(OPEN, SETTLING, WINDOW.multipliedBy(2)), medianCpuMicros(bareRounds));
            }
        }
    }

    private void report(
            List<LoadResult> oursRounds, List<LoadResult> bareRounds, double calls, double emulator, double compilers) {
        LoadResult ours = oursRounds.stream().reduce(LoadResult::plus).orElseThrow();
        LoadResult bare = bareRounds.stream().reduce(LoadResult::plus).orElseThrow();
        // requests for a second of processor time: bigger is better
        Line.print(
                out,
                "http",
                1e6 / medianCpuMicros(oursRounds),
                1e6 / medianCpuMicros(bareRounds),
                "requests/CPU-second",
                GOAL);
        side("ours", ours, oursRounds);
        side("bare", bare, bareRounds);
        out.printf(
                Locale.ROOT,
                "  ours: %.0f PutRecords/s, %.1f readings each; its compilers used %.1f CPU µs/request more%n",
                calls,
                ours.rate() / calls,
                compilers * 1e6 / ours.rate());
        out.printf(Locale.ROOT, "  the emulator and its neighbours used %.2f of a processor%n", emulator);
        out.printf(
                Locale.ROOT,
                "  p99 below %.0f ms: %s%n",
                GOAL_P99_MILLIS,
                ours.latencyMillis(99) < GOAL_P99_MILLIS ? "yes" : "no");
    }

    private static double medianCpuMicros(List<LoadResult> rounds) {
        return rounds.stream()
                .mapToDouble(LoadResult::cpuMicros)
                .sorted()
                .skip(ROUNDS / 2)
                .findFirst()
                .orElseThrow();
    }

    private void side(String name, LoadResult result, List<LoadResult> rounds) {
        out.printf(
                Locale.ROOT,
                "  %s: %.1f CPU µs/request (median of %s), %.0f requests/s, %d failed, p50 %.2f p99 %.2f max %.1f ms%n",
                name,
                medianCpuMicros(rounds),
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

    private void asInAws(LoadResult ours, double bareMicros) {
        out.printf(
                Locale.ROOT,
                "  ours with PutRecords taking %d ms, over %d connections: %.1f CPU µs/request, ratio %.2f, %d failed, p50 %.2f p99 %.2f max %.1f ms%n",
                AWS_MILLIS,
                4 * CONNECTIONS,
                ours.cpuMicros(),
                bareMicros / ours.cpuMicros(),
                ours.failed(),
                ours.latencyMillis(50),
                ours.latencyMillis(99),
                ours.latencyMillis(100));
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
