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
import java.util.stream.Collectors;

/**
 * What a single-reading request costs the gateway, acknowledged when the stream holds the reading, against the server that does
 * nothing. Both have the same load, in turns, so that what else the machine does meets both.
 */
public final class HttpBenchmark {

    private static final double GOAL = 0.33;
    private static final double GOAL_P99_MILLIS = 50;

    private static final int RATE = 10_000;
    private static final int CONNECTIONS = 256;
    private static final int SHARDS = 2;

    /** Odd: the median is one of them. */
    private static final int ROUNDS = 5;

    private static final Duration SETTLING = Duration.ofMillis(500);
    private static final Duration WINDOW = Duration.ofSeconds(3);
    private static final Duration SATURATION = Duration.ofSeconds(4);
    private static final Duration AWS_WINDOW = Duration.ofSeconds(4);

    /** About what a PutRecords call takes in a region of AWS. */
    private static final int AWS_MILLIS = 10;

    /** As each request waits longer, more are under way. */
    private static final int AWS_CONNECTIONS_FACTOR = 4;

    private static final Pace OPEN = new Pace.Open(RATE);
    private static final Pace CLOSED = new Pace.Closed();

    private final PrintStream out;

    public HttpBenchmark(PrintStream out) {
        this.out = out;
    }

    /** What one side has shown in all rounds. */
    private record Rounds(Side side, List<LoadResult> results, Duration compilers) {

        LoadResult all() {
            return results.stream().reduce(LoadResult::plus).orElseThrow();
        }

        double medianCpuMicros() {
            return results.stream()
                    .mapToDouble(LoadResult::cpuMicros)
                    .sorted()
                    .skip(ROUNDS / 2)
                    .findFirst()
                    .orElseThrow();
        }

        List<String> flaws() {
            return all().flaws(side.name(), RATE);
        }
    }

    /** Prints its lines, and answers whether all its figures show something. */
    public boolean run() throws IOException, InterruptedException {
        int barePort = FreePort.choose();
        InetSocketAddress bareAddress = new InetSocketAddress(InetAddress.getLoopbackAddress(), barePort);
        try (var gateway = GatewayUnderLoad.start(SHARDS);
                var server = Child.start(
                        BareServer.class,
                        Child.StopSign.SIGTERM,
                        GatewayUnderLoad.imageOptions(),
                        GatewayUnderLoad.loopback(barePort))) {
            List<byte[]> requests = Requests.singles(gateway.authorization());
            boolean valid;
            try (var ours = new Side("ours", gateway.address(), gateway.process(), requests, CONNECTIONS);
                    var bare = new Side("bare", bareAddress, server, requests, CONNECTIONS)) {
                ours.warmUp(OPEN);
                bare.warmUp(OPEN);
                valid = inTurns(gateway, ours, bare);
                valid &= saturation(ours);
                valid &= saturation(bare);
            }
            gateway.answerPutRecordsAfter(AWS_MILLIS);
            int connections = AWS_CONNECTIONS_FACTOR * CONNECTIONS;
            try (var ours = new Side("ours", gateway.address(), gateway.process(), requests, connections);
                    var bare = new Side("bare", bareAddress, server, requests, connections)) {
                valid &= asInAws(
                        ours.run(OPEN, SETTLING, AWS_WINDOW), bare.run(OPEN, SETTLING, AWS_WINDOW), connections);
            }
            return valid;
        }
    }

    private boolean inTurns(GatewayUnderLoad gateway, Side ours, Side bare) throws IOException, InterruptedException {
        List<LoadResult> oursResults = new ArrayList<>();
        List<LoadResult> bareResults = new ArrayList<>();
        Duration oursCompilers = Duration.ZERO;
        Duration bareCompilers = Duration.ZERO;
        double calls = 0;
        Duration emulator = Duration.ZERO;
        for (int round = 0; round < ROUNDS; round++) {
            double callsBefore = gateway.metric("millrace_gateway_put_records_count");
            Duration emulatorBefore = gateway.servicesCpu();
            Duration compilersBefore = ours.compilerCpu();
            oursResults.add(ours.run(OPEN, SETTLING, WINDOW));
            oursCompilers = oursCompilers.plus(ours.compilerCpu().minus(compilersBefore));
            emulator = emulator.plus(gateway.servicesCpu().minus(emulatorBefore));
            calls += gateway.metric("millrace_gateway_put_records_count") - callsBefore;
            compilersBefore = bare.compilerCpu();
            bareResults.add(bare.run(OPEN, SETTLING, WINDOW));
            bareCompilers = bareCompilers.plus(bare.compilerCpu().minus(compilersBefore));
        }
        var oursRounds = new Rounds(ours, oursResults, oursCompilers);
        var bareRounds = new Rounds(bare, bareResults, bareCompilers);
        List<String> flaws = new ArrayList<>(oursRounds.flaws());
        flaws.addAll(bareRounds.flaws());
        // requests for a second of processor time: bigger is better
        new Line(
                        "http",
                        1e6 / oursRounds.medianCpuMicros(),
                        1e6 / bareRounds.medianCpuMicros(),
                        "requests/CPU-second",
                        GOAL,
                        flaws)
                .print(out);
        out.printf(
                Locale.ROOT,
                "  %d requests/s over %d connections; %s, shown to both%n",
                RATE,
                CONNECTIONS,
                gateway.lock());
        side(oursRounds);
        side(bareRounds);
        double seconds = (SETTLING.toMillis() + WINDOW.toMillis()) * ROUNDS / 1e3;
        double perSecond = calls / seconds;
        out.printf(
                Locale.ROOT,
                "  ours: %.0f PutRecords/s, %.1f readings each; the emulator and its neighbours used %.2f of a processor%n",
                perSecond,
                oursRounds.all().rate() / perSecond,
                emulator.toMillis() / 1e3 / seconds);
        out.printf(
                Locale.ROOT,
                "  p99 below %.0f ms: %s%n",
                GOAL_P99_MILLIS,
                oursRounds.all().latencyMillis(99) < GOAL_P99_MILLIS ? "yes" : "no");
        return flaws.isEmpty();
    }

    private void side(Rounds rounds) {
        LoadResult result = rounds.all();
        String name = rounds.side.name();
        out.printf(
                Locale.ROOT,
                "  %s: %.1f CPU µs/request (median of %s), %.0f requests/s, %d failed, p50 %.2f p99 %.2f max %.1f ms%n",
                name,
                rounds.medianCpuMicros(),
                rounds.results.stream()
                        .map(round -> String.format(Locale.ROOT, "%.1f", round.cpuMicros()))
                        .collect(Collectors.joining(" ")),
                result.rate(),
                result.failed(),
                result.latencyMillis(50),
                result.latencyMillis(99),
                result.latencyMillis(100));
        double requests = RATE * (SETTLING.toMillis() + WINDOW.toMillis()) * ROUNDS / 1e3;
        out.printf(
                Locale.ROOT,
                "  %s: its compilers used %.1f CPU µs/request more; the generator used %.2f of a processor and was late by p99 %.2f ms%n",
                name,
                rounds.compilers.toMillis() * 1e3 / requests,
                result.generatorLoad(),
                result.latenessMillis(99));
    }

    private boolean asInAws(LoadResult ours, LoadResult bare, int connections) {
        List<String> flaws = new ArrayList<>(ours.flaws("ours", RATE));
        flaws.addAll(bare.flaws("bare", RATE));
        out.printf(
                Locale.ROOT,
                "  with PutRecords taking %d ms, over %d connections: ours %.1f CPU µs/request, bare %.1f, ratio %.2f; ours p50 %.2f p99 %.2f max %.1f ms%s%n",
                AWS_MILLIS,
                connections,
                ours.cpuMicros(),
                bare.cpuMicros(),
                bare.cpuMicros() / ours.cpuMicros(),
                ours.latencyMillis(50),
                ours.latencyMillis(99),
                ours.latencyMillis(100),
                Line.voided(flaws));
        return flaws.isEmpty();
    }

    private boolean saturation(Side side) throws IOException {
        LoadResult result = side.run(CLOSED, SETTLING, SATURATION);
        List<String> flaws = result.flaws(side.name());
        out.printf(
                Locale.ROOT,
                "  %s saturated: %.0f requests/s, p50 %.2f p99 %.2f ms; it used %.2f processors, the generator %.2f%s%s%n",
                side.name(),
                result.rate(),
                result.latencyMillis(50),
                result.latencyMillis(99),
                result.serverLoad(),
                result.generatorLoad(),
                result.generatorLoad() > 0.9 ? ": it is the generator that is saturated" : "",
                Line.voided(flaws));
        return flaws.isEmpty();
    }
}
