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
    private static final int WARM_UP_STEPS = 6;

    private static final Duration AWS_WINDOW = Duration.ofSeconds(4);

    /** About what a PutRecords call takes in a region of AWS. */
    private static final int AWS_MILLIS = 10;

    /** As each request waits longer, more are under way. */
    private static final int AWS_CONNECTIONS_FACTOR = 4;

    private static final Pace OPEN = new Pace.Open(RATE);

    private final PrintStream out;

    public HttpBenchmark(PrintStream out) {
        this.out = out;
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
            Protocol requests = new HttpRequests(Requests.singles(gateway.authorization()));
            boolean valid;
            try (var ours = new Side("ours", gateway.address(), gateway.process(), requests, CONNECTIONS);
                    var bare = new Side("bare", bareAddress, server, requests, CONNECTIONS)) {
                ours.warmUp(OPEN, WARM_UP_STEPS);
                bare.warmUp(OPEN, WARM_UP_STEPS);
                valid = inTurns(gateway, ours, bare);
                valid &= Rounds.saturation(ours, "requests", out);
                valid &= Rounds.saturation(bare, "requests", out);
            }
            gateway.answerPutRecordsAfter(AWS_MILLIS);
            int connections = AWS_CONNECTIONS_FACTOR * CONNECTIONS;
            try (var ours = new Side("ours", gateway.address(), gateway.process(), requests, connections);
                    var bare = new Side("bare", bareAddress, server, requests, connections)) {
                valid &= asInAws(
                        ours.run(OPEN, Rounds.SETTLING, AWS_WINDOW),
                        bare.run(OPEN, Rounds.SETTLING, AWS_WINDOW),
                        connections);
            }
            return valid;
        }
    }

    private boolean inTurns(GatewayUnderLoad gateway, Side ours, Side bare) throws IOException, InterruptedException {
        var oursRounds = new Rounds(ours, RATE, "request");
        var bareRounds = new Rounds(bare, RATE, "request");
        var calls = new PublishCalls(gateway);
        for (int round = 0; round < Rounds.COUNT; round++) {
            calls.begin();
            oursRounds.play();
            calls.end();
            bareRounds.play();
        }
        List<String> flaws = new ArrayList<>(oursRounds.flaws());
        flaws.addAll(bareRounds.flaws());
        // requests for a second of processor time: bigger is better
        new Line("http", oursRounds.perCpuSecond(), bareRounds.perCpuSecond(), "requests/CPU-second", GOAL, flaws)
                .print(out);
        out.printf(
                Locale.ROOT,
                "  %d requests/s over %d connections; %s, shown to both%n",
                RATE,
                CONNECTIONS,
                gateway.lock());
        oursRounds.print(out);
        bareRounds.print(out);
        calls.print(out, oursRounds.all());
        out.printf(
                Locale.ROOT,
                "  p99 below %.0f ms: %s%n",
                GOAL_P99_MILLIS,
                oursRounds.all().latencyMillis(99) < GOAL_P99_MILLIS ? "yes" : "no");
        return flaws.isEmpty();
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
}
