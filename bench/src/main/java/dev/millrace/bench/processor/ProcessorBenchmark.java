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
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * How many rows a second the processor catches up a backlog with, reading, decoding, detecting, committing and writing latest values, against
 * what only commits. Both write the same rows into the same, emptied tables, in turns.
 */
public final class ProcessorBenchmark {

    private static final double GOAL = 0.4;

    private static final int SHARDS = 2;
    private static final Rows ROWS = new Rows(10_000);

    /** Odd: the median is one of them. */
    private static final int ROUNDS = 5;

    private static final int ROWS_PER_ROUND = 200_000;

    /** Until the compilers have little left to do. */
    private static final int WARM_UP_ROUNDS = 3;

    /** Of other work, which would have shown the sides different machines: the median of one side's rounds against their extremes. */
    private static final double MAX_SPREAD = 1.6;

    /** Sensors whose latest values are looked for. */
    private static final int SAMPLE = 500;

    /** What is left to do after the last commit and its latest values. */
    private static final int SETTLING_MILLIS = 1_000;

    private static final int MAX_LATEST_MILLIS = 10_000;

    private final PrintStream out;
    private final List<String> flaws = new ArrayList<>();

    public ProcessorBenchmark(PrintStream out) {
        this.out = out;
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException, SQLException {
        try (var platform = ProcessorUnderLoad.start(SHARDS, "none");
                var processor = platform.processor("bench", Map.of()).awaitReady();
                var tables = new PgTables(platform.settings());
                var producer = new KinesisProducer(platform.settings());
                var redis = new RedisValues(platform.setting("REDIS_URL"));
                var bare = Child.start(
                        BareWriter.class,
                        Child.StopSign.END_OF_INPUT,
                        Child.imageOptions("processor"),
                        platform.settings(),
                        Integer.toString(ROWS.sensors()),
                        Integer.toString(SHARDS))) {
            Sides sides = new Sides(platform, processor, tables, producer, redis, bare);
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                sides.ours();
                sides.bare();
            }
            // a start is allowed to be slow
            flaws.clear();
            List<CatchUpRound> ours = new ArrayList<>();
            List<CatchUpRound> limit = new ArrayList<>();
            double commits = sides.commits();
            for (int round = 0; round < ROUNDS; round++) {
                ours.add(sides.ours());
                limit.add(sides.bare());
            }
            commits = sides.commits() - commits;
            spread("ours", ours);
            spread("bare", limit);
            Stream.of(ours, limit)
                    .map(rounds -> CatchUpRound.median(rounds, CatchUpRound::otherWork))
                    .map(MachineCpu::flaws)
                    .forEach(flaws::addAll);
            print(ours, limit, commits);
        }
        return flaws.isEmpty();
    }

    private void spread(String name, List<CatchUpRound> rounds) {
        double median = CatchUpRound.median(rounds, CatchUpRound::rate);
        for (CatchUpRound round : rounds) {
            double off = Math.max(round.rate() / median, median / round.rate());
            if (off > MAX_SPREAD) {
                flaws.add(String.format(
                        Locale.ROOT, "a round of %s had %.0f rows/s, the median is %.0f", name, round.rate(), median));
            }
        }
    }

    private void print(List<CatchUpRound> ours, List<CatchUpRound> limit, double commits) {
        new Line(
                        "processor",
                        CatchUpRound.median(ours, CatchUpRound::rate),
                        CatchUpRound.median(limit, CatchUpRound::rate),
                        "rows/s",
                        GOAL,
                        flaws)
                .print(out);
        out.printf(
                Locale.ROOT,
                "  %d rows a round, of %d sensors with one measurement each, in records of %d over %d shards; the emulator's limits are off (a shard gives 2 MB/s in AWS)%n",
                ROWS_PER_ROUND,
                ROWS.sensors(),
                Backlog.READINGS_PER_RECORD,
                SHARDS);
        out.println(CatchUpRound.text("ours", ours));
        out.println(CatchUpRound.text("bare", limit));
        out.printf(
                Locale.ROOT,
                "  rows a commit: ours %.0f, bare %d%n",
                (double) ROWS_PER_ROUND * ROUNDS / commits,
                BareWriter.BATCH);
    }

    /** The two sides, and the next rows for each: first ours, then the same ones for the other. */
    private final class Sides {

        private final ProcessorUnderLoad platform;
        private final ProcessorUnderLoad.Running processor;
        private final PgTables tables;
        private final KinesisProducer producer;
        private final RedisValues redis;
        private final Child bare;
        private final Backlog backlog = new Backlog(ROWS, new EvenShards(SHARDS));
        private final long server;
        private final long redisServer;
        private long next;

        Sides(
                ProcessorUnderLoad platform,
                ProcessorUnderLoad.Running processor,
                PgTables tables,
                KinesisProducer producer,
                RedisValues redis,
                Child bare)
                throws IOException, SQLException {
            this.platform = platform;
            this.processor = processor;
            this.tables = tables;
            this.producer = producer;
            this.redis = redis;
            this.bare = bare;
            this.server = tables.serverProcess();
            this.redisServer = platform.redis();
        }

        double commits() throws IOException, InterruptedException {
            return processor.operations().metric("millrace_processor_commits_total");
        }

        CatchUpRound ours() throws IOException, InterruptedException, SQLException {
            tables.tidy();
            long before = tables.userRecords(ServicesMain.STREAM);
            double redisFailures = processor.operations().metric("millrace_processor_cache_failures_total");
            // nothing is read until all of it is there
            platform.faults().add("{\"fault\":\"hang\",\"operation\":\"GetRecords\"}");
            backlog.put(next, next + ROWS_PER_ROUND, producer);
            Usage usage = new Usage(processor.process());
            platform.faults().clear();
            CatchUp catchUp = CatchUp.follow(tables, ServicesMain.STREAM, before, ROWS_PER_ROUND);
            awaitLatest();
            catchUp.ended(System.nanoTime());
            processor.process().waitFor(SETTLING_MILLIS);
            CatchUpRound round = usage.round(catchUp.rate());
            check("ours");
            checkLatest();
            if (processor.operations().metric("millrace_processor_cache_failures_total") > redisFailures) {
                flaws.add("uses of Redis failed");
            }
            return round;
        }

        CatchUpRound bare() throws IOException, InterruptedException, SQLException {
            tables.tidy();
            bare.ask("prepare " + next + " " + (next + ROWS_PER_ROUND));
            Usage usage = new Usage(bare);
            try (var asking = new Asking(bare, "write")) {
                CatchUp catchUp = CatchUp.follow(tables, BareWriter.STREAM, 0, ROWS_PER_ROUND);
                asking.await();
                CatchUpRound round = usage.round(catchUp.rate());
                check("bare");
                next += ROWS_PER_ROUND;
                return round;
            }
        }

        private void check(String name) throws SQLException {
            long stored = tables.measurements();
            if (stored != ROWS_PER_ROUND) {
                flaws.add(name + " stored " + stored + " of " + ROWS_PER_ROUND + " rows");
            }
            if (tables.anomalies() != 0) {
                flaws.add("there are anomalies");
            }
        }

        /** Until the last row of each shard is in Redis. */
        private void awaitLatest() throws IOException {
            for (List<Long> ofShard : backlog.byShard(next, next + ROWS_PER_ROUND)) {
                long row = ofShard.getLast();
                long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MAX_LATEST_MILLIS);
                while (!isLatest(row)) {
                    if (System.nanoTime() - deadline > 0) {
                        flaws.add("a latest value did not come to Redis");
                        return;
                    }
                }
            }
        }

        private boolean isLatest(long row) throws IOException {
            return redis.value(sensorId(row), Rows.METRIC).startsWith(ROWS.at(row) + " ");
        }

        private static String sensorId(long row) {
            return ROWS.sensorId(ROWS.sensor(row));
        }

        /** The last row of a sensor, for some. */
        private void checkLatest() throws IOException {
            long last = next + ROWS_PER_ROUND - 1;
            for (long row = last; row > last - ROWS.sensors(); row -= ROWS.sensors() / SAMPLE) {
                if (!isLatest(row)) {
                    flaws.add("a latest value is not in Redis");
                    return;
                }
            }
        }

        /** The processor time from now on. */
        private final class Usage {

            private final Child client;
            private final Duration client0;
            private final Duration compilers0;
            private final Duration database0;
            private final Duration redis0;
            private final Duration emulator0;
            private final Duration own0;
            private final Duration machine0;
            private final long start = System.nanoTime();

            Usage(Child client) {
                this.client = client;
                this.client0 = client.cpu();
                this.compilers0 = client.compilerCpu();
                this.database0 = ServerCpu.of(server);
                this.redis0 = ServerCpu.of(redisServer);
                this.emulator0 = platform.services().cpu();
                this.own0 = own();
                this.machine0 = MachineCpu.busy();
            }

            private static Duration own() {
                return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
            }

            CatchUpRound round(double rate) {
                Duration used = client.cpu().minus(client0);
                Duration compilers = client.compilerCpu().minus(compilers0);
                Duration database = ServerCpu.of(server).minus(database0);
                Duration inRedis = ServerCpu.of(redisServer).minus(redis0);
                Duration emulator = platform.services().cpu().minus(emulator0);
                Duration all = used.plus(database).plus(inRedis).plus(emulator).plus(own().minus(own0));
                return new CatchUpRound(
                        rate,
                        ROWS_PER_ROUND,
                        used.minus(compilers),
                        compilers,
                        database,
                        inRedis,
                        emulator,
                        MachineCpu.otherWork(
                                MachineCpu.busy().minus(machine0), all, Duration.ofNanos(System.nanoTime() - start)));
            }
        }
    }
}
