package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.LoadGenerator.Pace;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a publish of one reading with QoS 1 costs the gateway, acknowledged when the stream holds the reading, against Mosquitto,
 * which acknowledges and drops it. Both have the same load, in turns, and ask for the same password.
 */
public final class MqttBenchmark {

    private static final double GOAL = 0.25;

    /** Twice what a gateway must take with ease: below it, connections have hardly more than one publish under way. */
    private static final int RATE = 20_000;

    /** What a gateway must take with ease. */
    private static final int EASY_RATE = 10_000;

    private static final int CONNECTIONS = 100;
    private static final int IN_FLIGHT = 20;
    private static final int SHARDS = 2;

    /** What calls Kinesis runs a few hundred times a second, so that its code is compiled after a minute only. */
    private static final int WARM_UP_STEPS = 12;

    private static final String PUBLISH = "publish";
    private static final String PUBLISHES = "publishes";

    private static final Pace OPEN = new Pace.Open(RATE);

    private final PrintStream out;

    public MqttBenchmark(PrintStream out) {
        this.out = out;
    }

    /** Prints its lines, and answers whether all its figures show something. */
    public boolean run() throws IOException, InterruptedException {
        try (var gateway = GatewayUnderLoad.start(SHARDS);
                var ours = side("ours", gateway.mqttAddress(), gateway.process(), gateway.login())) {
            Optional<Mosquitto> installed = Mosquitto.start(gateway.login());
            if (installed.isEmpty()) {
                return alone(gateway, ours);
            }
            try (Mosquitto mosquitto = installed.get();
                    var limit = side("Mosquitto", mosquitto.address(), mosquitto.process(), gateway.login())) {
                return inTurns(gateway, ours, limit);
            }
        }
    }

    private static Side side(String name, InetSocketAddress address, Child server, MqttLogin login) throws IOException {
        return new Side(name, address, server, new MqttPublishes(login, IN_FLIGHT), CONNECTIONS);
    }

    private boolean inTurns(GatewayUnderLoad gateway, Side ours, Side limit) throws IOException, InterruptedException {
        ours.warmUp(OPEN, WARM_UP_STEPS);
        limit.warmUp(OPEN, WARM_UP_STEPS);
        var oursRounds = new Rounds(ours, RATE, PUBLISH);
        var limitRounds = new Rounds(limit, RATE, PUBLISH);
        var calls = new PublishCalls(gateway);
        play(oursRounds, limitRounds, calls);
        List<String> flaws = new ArrayList<>(oursRounds.flaws());
        flaws.addAll(limitRounds.flaws());
        // publishes for a second of processor time: bigger is better
        new Line("mqtt", oursRounds.perCpuSecond(), limitRounds.perCpuSecond(), "publishes/CPU-second", GOAL, flaws)
                .print(out);
        print(gateway, oursRounds, calls);
        limitRounds.print(out);
        boolean valid = flaws.isEmpty();
        valid &= easy(gateway, ours, limit);
        valid &= Rounds.saturation(ours, PUBLISHES, out);
        valid &= Rounds.saturation(limit, PUBLISHES, out);
        return valid;
    }

    private static void play(Rounds ours, Rounds limit, PublishCalls calls) throws IOException, InterruptedException {
        for (int round = 0; round < Rounds.COUNT; round++) {
            calls.begin();
            ours.play();
            calls.end();
            limit.play();
        }
    }

    /** The same at the rate that must be easy, where each call and each read has less to do. */
    private boolean easy(GatewayUnderLoad gateway, Side ours, Side limit) throws IOException, InterruptedException {
        var oursRounds = new Rounds(ours, EASY_RATE, PUBLISH);
        var limitRounds = new Rounds(limit, EASY_RATE, PUBLISH);
        var calls = new PublishCalls(gateway);
        play(oursRounds, limitRounds, calls);
        List<String> flaws = new ArrayList<>(oursRounds.flaws());
        flaws.addAll(limitRounds.flaws());
        out.printf(
                Locale.ROOT,
                "  at %d publishes/s: ratio %.2f%s%n",
                EASY_RATE,
                oursRounds.perCpuSecond() / limitRounds.perCpuSecond(),
                flaws.isEmpty() ? "" : " VOID: " + String.join("; ", flaws));
        oursRounds.print(out);
        calls.print(out, oursRounds.all());
        limitRounds.print(out);
        return flaws.isEmpty();
    }

    /** Ours, with nothing to hold it against. */
    private boolean alone(GatewayUnderLoad gateway, Side ours) throws IOException, InterruptedException {
        ours.warmUp(OPEN, WARM_UP_STEPS);
        var rounds = new Rounds(ours, RATE, PUBLISH);
        var calls = new PublishCalls(gateway);
        for (int round = 0; round < Rounds.COUNT; round++) {
            calls.begin();
            rounds.play();
            calls.end();
        }
        out.println(Line.withoutLimit(
                "mqtt", rounds.perCpuSecond(), "publishes/CPU-second", GOAL, Mosquitto.MISSING, rounds.flaws()));
        print(gateway, rounds, calls);
        boolean valid = rounds.flaws().isEmpty();
        valid &= Rounds.saturation(ours, PUBLISHES, out);
        return valid;
    }

    private void print(GatewayUnderLoad gateway, Rounds rounds, PublishCalls calls) {
        out.printf(
                Locale.ROOT,
                "  MQTT 3.1.1, QoS 1: %d publishes/s of a reading each over %d connections, at most %d in flight each; %s%n",
                RATE,
                CONNECTIONS,
                IN_FLIGHT,
                gateway.lock());
        rounds.print(out);
        calls.print(out, rounds.all());
    }
}
