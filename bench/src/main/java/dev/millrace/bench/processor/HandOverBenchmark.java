package dev.millrace.bench.processor;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.Child;
import dev.millrace.bench.load.ServicesMain;
import dev.millrace.bench.processor.ProcessorUnderLoad.Running;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * How long a stream's shards stand still when their processor ends, under load: from the signal to the first commit of the one that takes
 * over, of the shard that comes last. Two processors without Kubernetes, of which one waits; in turns.
 */
public final class HandOverBenchmark {

    private static final double GOAL = 1;
    private static final double LIMIT_MILLIS = 1_000;
    /** 10,000 series a shard, each watched in every way that there is. */
    private static final Rows ROWS = new Rows(10_000 * LatencyBenchmark.SHARDS);

    private static final Duration LEASE = Duration.ofSeconds(5);

    private static final int STOPS = 3;
    private static final int CRASHES = 3;

    private static final int PER_SECOND = 5_000;
    private static final int WARM_UP_MILLIS = 15_000;
    private static final int BETWEEN_MILLIS = 5_000;
    private static final int LOOK_MILLIS = 50;
    private static final int MAX_MILLIS = 60_000;

    private final PrintStream out;
    private final List<String> podOptions;
    private final List<String> flaws = new ArrayList<>();
    private final AtomicReference<HandOver> current = new AtomicReference<>();
    private int incarnation;

    /** @param podOptions what a processor's JVM has in its pod, besides the image's options */
    public HandOverBenchmark(PrintStream out, List<String> podOptions) {
        this.out = out;
        this.podOptions = List.copyOf(podOptions);
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException, SQLException {
        CommitTimes times = new CommitTimes(LatencyBenchmark.SHARDS);
        EvenShards shards = new EvenShards(LatencyBenchmark.SHARDS);
        try (var rules = new EveryKind();
                var platform = ProcessorUnderLoad.start(LatencyBenchmark.SHARDS, ServicesMain.AWS_LIMITS);
                var owning = new Slot(start(platform, rules).awaitReady());
                var producer = new KinesisProducer(platform.settings());
                var tables = new PgTables(platform.settings());
                var watch =
                        new CommitWatch(new PgTables(platform.settings()), ServicesMain.STREAM, (progress, nanos) -> {
                            LatencyBenchmark.seen(times, progress, nanos);
                            HandOver handOver = current.get();
                            if (handOver != null) {
                                handOver.seen(progress, nanos);
                            }
                        });
                var load = new SteadyLoad(ROWS, shards, producer, times, PER_SECOND)) {
            owning.process().waitFor(WARM_UP_MILLIS);
            List<Double> stops = new ArrayList<>();
            for (int round = 0; round < STOPS; round++) {
                stops.add(change(platform, rules, owning, tables, Child::terminate));
            }
            List<Double> crashes = new ArrayList<>();
            for (int round = 0; round < CRASHES; round++) {
                crashes.add(change(platform, rules, owning, tables, Child::kill));
            }
            load.end();
            for (int waited = 0; times.outstanding() > 0 && waited < MAX_MILLIS; waited += LOOK_MILLIS) {
                owning.process().waitFor(LOOK_MILLIS);
            }
            check(load, watch, tables);
            print("hand-over", stops, LIMIT_MILLIS);
            print("hand-over-crash", crashes, LEASE.toMillis() + LIMIT_MILLIS);
            out.printf(
                    Locale.ROOT,
                    "  %d rows/s of %d series over %d shards, each watched in every way, lease time %d s; all %d rows are stored once%n",
                    PER_SECOND,
                    ROWS.sensors(),
                    LatencyBenchmark.SHARDS,
                    LEASE.toSeconds(),
                    load.sent());
        }
        return flaws.isEmpty();
    }

    /** The processor that reads; another takes its place. */
    private static final class Slot implements AutoCloseable {

        private Running running;

        Slot(Running running) {
            this.running = running;
        }

        Child process() {
            return running.process();
        }

        @Override
        public void close() {
            running.close();
        }
    }

    private Running start(ProcessorUnderLoad platform, EveryKind rules) throws IOException {
        incarnation++;
        return platform.processor(
                "bench-" + incarnation,
                Map.of("LEASE_DURATION", LEASE.toSeconds() + "s", "RULES_FILE", rules.path()),
                podOptions);
    }

    /** Ends the processor that reads, beside one that waits, and answers how long nothing was committed; milliseconds. */
    private double change(
            ProcessorUnderLoad platform, EveryKind rules, Slot owning, PgTables tables, Consumer<Child> end)
            throws IOException, InterruptedException, SQLException {
        Running before = owning.running;
        Running next = start(platform, rules).awaitReady();
        // so that it has looked around and waits
        next.process().waitFor(BETWEEN_MILLIS);
        Map<String, PgTables.Progress> shards = tables.progress(ServicesMain.STREAM);
        if (shards.size() != LatencyBenchmark.SHARDS
                || !shards.values().stream().allMatch(shard -> shard.owner().startsWith(before.owner() + "/"))) {
            flaws.add("not all shards belonged to the one that was ended");
        }
        HandOver handOver = new HandOver(shards.keySet(), next.owner() + "/", System.nanoTime());
        current.set(handOver);
        end.accept(before.process());
        for (int waited = 0; !handOver.isOver(); waited += LOOK_MILLIS) {
            if (waited > MAX_MILLIS) {
                throw new IllegalStateException("nobody took over");
            }
            next.process().waitFor(LOOK_MILLIS);
        }
        owning.running = next;
        before.close();
        return handOver.millis();
    }

    private void check(SteadyLoad load, CommitWatch watch, PgTables tables) throws SQLException {
        load.failure().ifPresent(e -> flaws.add("the generator failed: " + e.getMessage()));
        watch.failure().ifPresent(e -> flaws.add("the watch failed: " + e.getMessage()));
        long stored = tables.measurements();
        long committed = tables.userRecords(ServicesMain.STREAM);
        if (stored != load.sent() || committed != load.sent()) {
            flaws.add(stored + " rows are stored and " + committed + " counted of " + load.sent());
        }
    }

    /** The slowest counts: what is promised is promised for each. */
    private void print(String name, List<Double> millis, double limit) {
        Line.ceiling(name, Collections.max(millis), limit, "ms", GOAL, flaws).print(out);
        out.println(millis.stream()
                .map(time -> String.format(Locale.ROOT, "%.0f", time))
                .collect(Collectors.joining(" ", "  from the signal to the first commit of the last shard: ", " ms")));
    }
}
