package dev.millrace.bench.load;

import dev.millrace.bench.Line;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a connection over MQTT that says nothing holds in the gateway, heap and native memory together, against what it may. The
 * kernel's memory for the socket is not the process's, and not in it.
 */
public final class MqttIdleBenchmark {

    /** 12 KiB. */
    private static final double LIMIT = 12_288;

    private static final double GOAL = 1;

    private static final int CONNECTIONS = 10_000;
    private static final int SHARDS = 2;
    private static final int HEAP_MEBIBYTES = 512;

    /** So that the classes are there and the code is compiled, which no connection is to be charged with. */
    private static final int WARM_UP_ROUNDS = 12;

    /** Few: what they leave behind in pools is memory that the connections find there. */
    private static final int WARM_UP_CONNECTIONS = 250;

    private final PrintStream out;

    public MqttIdleBenchmark(PrintStream out) {
        this.out = out;
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException {
        try (var gateway = GatewayUnderLoad.start(SHARDS, JvmMemory.fixedHeap(HEAP_MEBIBYTES))) {
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                try (var connections = new IdleConnections(gateway.mqttAddress(), gateway.login())) {
                    connections.open(WARM_UP_CONNECTIONS);
                    connections.publish();
                    connections.ping();
                }
                JvmMemory.of(gateway.process().pid());
            }
            try (var connections = new IdleConnections(gateway.mqttAddress(), gateway.login())) {
                return measure(gateway, connections);
            }
        }
    }

    private boolean measure(GatewayUnderLoad gateway, IdleConnections connections)
            throws IOException, InterruptedException {
        JvmMemory before = JvmMemory.of(gateway.process().pid());
        Duration cpuBefore = gateway.cpu();
        long start = System.nanoTime();
        int open = connections.open(CONNECTIONS);
        double seconds = (System.nanoTime() - start) / 1e9;
        Duration cpu = gateway.cpu().minus(cpuBefore);
        JvmMemory idle = JvmMemory.of(gateway.process().pid());
        int pinged = connections.ping();
        JvmMemory afterPing = JvmMemory.of(gateway.process().pid());
        int published = connections.publish();
        JvmMemory afterPublish = JvmMemory.of(gateway.process().pid());
        int stillThere = connections.ping();
        List<String> flaws = new ArrayList<>();
        connections.flaw().ifPresent(flaws::add);
        count(flaws, open, "were let in");
        count(flaws, pinged, "answered a ping");
        count(flaws, published, "acknowledged a publish");
        count(flaws, stillThere, "answered a ping at the end");
        Line.ceiling("mqtt-idle", bytes(before, idle), LIMIT, "bytes/connection", GOAL, flaws)
                .print(out);
        out.printf(
                Locale.ROOT,
                "  %d connections over MQTT 3.1.1, %s: each %.0f bytes of heap after a collection, %.0f of native memory%n",
                open,
                gateway.lock(),
                (double) idle.heapSince(before) / CONNECTIONS,
                (double) idle.nativeSince(before) / CONNECTIONS);
        out.printf(
                Locale.ROOT,
                "  after a ping on each %.0f bytes/connection, after a publish on each %.0f%n",
                bytes(before, afterPing),
                bytes(before, afterPublish));
        out.printf(
                Locale.ROOT,
                "  %.0f connects/s, CONNACK and the check of the key included; %.0f CPU µs each, compilers included%n",
                open / seconds,
                cpu.toNanos() / 1e3 / open);
        return flaws.isEmpty();
    }

    private static void count(List<String> flaws, int count, String did) {
        if (count < CONNECTIONS) {
            flaws.add(count + " of " + CONNECTIONS + " connections " + did);
        }
    }

    private static double bytes(JvmMemory before, JvmMemory after) {
        return (double) (after.heapSince(before) + after.nativeSince(before)) / CONNECTIONS;
    }
}
