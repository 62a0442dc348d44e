package dev.millrace.bench.processor;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.Child;
import dev.millrace.bench.load.ServicesMain;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How long a row takes from its arrival in the stream to its commit, at a steady rate, with the emulator, whose shards have AWS's
 * limits, PostgreSQL, Redis, the processor and the generator on the machine's processors together.
 */
public final class LatencyBenchmark {

    /** Milliseconds, of 99 rows in a hundred. */
    private static final double LIMIT = 400;

    private static final double GOAL = 1;

    static final int SHARDS = 2;
    static final int PER_SECOND = 10_000;
    static final Rows ROWS = new Rows(10_000);

    private static final int WARM_UP_MILLIS = 30_000;
    private static final int WINDOW_MILLIS = 30_000;
    private static final int MAX_TAIL_MILLIS = 30_000;
    private static final int LOOK_MILLIS = 50;

    /** The share of the rate that counts as all of it. */
    private static final double MIN_RATE = 0.99;

    private final PrintStream out;
    private final List<String> flaws = new ArrayList<>();

    public LatencyBenchmark(PrintStream out) {
        this.out = out;
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException, SQLException {
        CommitTimes times = new CommitTimes(SHARDS);
        EvenShards shards = new EvenShards(SHARDS);
        try (var platform = ProcessorUnderLoad.start(SHARDS, ServicesMain.AWS_LIMITS);
                var processor = platform.processor("bench", Map.of()).awaitReady();
                var producer = new KinesisProducer(platform.settings());
                var tables = new PgTables(platform.settings());
                var watch = new CommitWatch(
                        new PgTables(platform.settings()),
                        ServicesMain.STREAM,
                        (progress, nanos) -> seen(times, progress, nanos));
                var load = new SteadyLoad(ROWS, shards, producer, times, PER_SECOND)) {
            long server = tables.serverProcess();
            processor.process().waitFor(WARM_UP_MILLIS);
            times.count(true);
            Cpu before = Cpu.now(platform, processor, server);
            long sent = load.sent();
            processor.process().waitFor(WINDOW_MILLIS);
            sent = load.sent() - sent;
            Cpu used = Cpu.now(platform, processor, server).minus(before);
            times.count(false);
            load.end();
            awaitAll(times, processor.process());
            check(load, watch, tables, sent, times.outstanding());
            print(times, watch, used);
        }
        return flaws.isEmpty();
    }

    static void seen(CommitTimes times, Map<String, PgTables.Progress> shards, long nanos) {
        for (int shard = 0; shard < SHARDS; shard++) {
            PgTables.Progress progress = shards.get(EvenShards.id(shard));
            if (progress != null) {
                times.committed(shard, progress.userRecords(), nanos);
            }
        }
    }

    private static void awaitAll(CommitTimes times, Child processor) throws InterruptedException {
        for (int waited = 0; times.outstanding() > 0 && waited < MAX_TAIL_MILLIS; waited += LOOK_MILLIS) {
            processor.waitFor(LOOK_MILLIS);
        }
    }

    private void check(SteadyLoad load, CommitWatch watch, PgTables tables, long sent, long outstanding)
            throws SQLException {
        load.failure().ifPresent(e -> flaws.add("the generator failed: " + e.getMessage()));
        watch.failure().ifPresent(e -> flaws.add("the watch failed: " + e.getMessage()));
        double rate = sent * 1e3 / WINDOW_MILLIS;
        if (rate < MIN_RATE * PER_SECOND) {
            flaws.add(String.format(Locale.ROOT, "the generator put %.0f rows/s of %d/s", rate, PER_SECOND));
        }
        if (outstanding > 0) {
            flaws.add(outstanding + " rows were not committed");
        }
        long stored = tables.measurements();
        if (stored != load.sent()) {
            flaws.add(stored + " rows are stored of " + load.sent());
        }
    }

    private void print(CommitTimes times, CommitWatch watch, Cpu used) {
        Line.ceiling("processor-latency", times.millis(99), LIMIT, "ms", GOAL, flaws)
                .print(out);
        out.printf(
                Locale.ROOT,
                "  %d rows at %d/s over %d shards, arrival to commit: p50 %.0f p90 %.0f p99 %.0f p99.9 %.0f max %.0f ms; looked every %.1f ms, p99 %.1f ms%n",
                times.counted(),
                PER_SECOND,
                SHARDS,
                times.millis(50),
                times.millis(90),
                times.millis(99),
                times.millis(99.9),
                times.millis(100),
                watch.intervalMillis(50),
                watch.intervalMillis(99));
        out.printf(
                Locale.ROOT,
                "  processors used: processor %.2f, PostgreSQL %.2f, emulator %.2f, generator and watch %.2f%n",
                share(used.processor),
                share(used.database),
                share(used.emulator),
                share(used.own));
    }

    private static double share(Duration cpu) {
        return (double) cpu.toMillis() / WINDOW_MILLIS;
    }

    /** Processor time of all that has a part in it. */
    private record Cpu(Duration processor, Duration database, Duration emulator, Duration own) {

        static Cpu now(ProcessorUnderLoad platform, ProcessorUnderLoad.Running processor, long server) {
            return new Cpu(
                    processor.process().cpu(),
                    ServerCpu.of(server),
                    platform.services().cpu(),
                    ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO));
        }

        Cpu minus(Cpu before) {
            return new Cpu(
                    processor.minus(before.processor),
                    database.minus(before.database),
                    emulator.minus(before.emulator),
                    own.minus(before.own));
        }
    }
}
