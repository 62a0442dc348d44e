package dev.millrace.bench.processor;

import dev.millrace.bench.Line;
import dev.millrace.bench.load.Child;
import dev.millrace.bench.load.JvmMemory;
import dev.millrace.bench.load.ServicesMain;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What memory a processor takes while it catches up backlogs of many sensors, each of whose series it remembers: all of it at most, as
 * the system counts it, with the options of its image for a JVM of its pod's memory; and the objects of its heap, where each series
 * is watched in every way that there is.
 */
public final class ProcessorMemoryBenchmark {

    private static final double GOAL = 1;
    private static final int SHARDS = 2;
    private static final Rows ROWS = new Rows(100_000);
    private static final int ROUNDS = 3;
    private static final int ROWS_PER_ROUND = 300_000;

    private static final int HEAP_MEBIBYTES = 512;
    private static final double MEBIBYTE = 1024 * 1024;

    private final PrintStream out;
    private final int mebibytes;
    private final List<String> options;

    /**
     * A processor in a pod.
     *
     * @param mebibytes of the pod
     * @param options of its JVM, beside those of the image
     */
    public ProcessorMemoryBenchmark(PrintStream out, int mebibytes, List<String> options) {
        this.out = out;
        this.mebibytes = mebibytes;
        this.options = List.copyOf(options);
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException, SQLException {
        return measure("memory-processor", mebibytes, Map.of(), options, ProcessorMemoryBenchmark::resident);
    }

    /** Likewise, of the heap: it has {@link #HEAP_MEBIBYTES} and no more, detectors and their snapshots included. */
    public static boolean runDetection(PrintStream out) throws IOException, InterruptedException, SQLException {
        List<String> heap = List.of("-Xmx" + HEAP_MEBIBYTES + "m");
        try (EveryKind rules = new EveryKind()) {
            return new ProcessorMemoryBenchmark(out, HEAP_MEBIBYTES, heap)
                    .measure(
                            "memory-detection",
                            HEAP_MEBIBYTES,
                            Map.of("RULES_FILE", rules.path()),
                            heap,
                            ProcessorMemoryBenchmark::live);
        }
    }

    /** A figure of a process, MiB. */
    private interface Figure {
        double of(Child process) throws IOException, InterruptedException;
    }

    private static double resident(Child process) throws IOException {
        return process.peakMebibytes();
    }

    private static double live(Child process) throws IOException, InterruptedException {
        return JvmMemory.of(process.pid()).live() / MEBIBYTE;
    }

    private boolean measure(
            String name, double limit, Map<String, String> settings, List<String> forThis, Figure figure)
            throws IOException, InterruptedException, SQLException {
        List<String> flaws = new ArrayList<>();
        List<String> steps = new ArrayList<>();
        double most = 0;
        Backlog backlog = new Backlog(ROWS, new EvenShards(SHARDS));
        try (var platform = ProcessorUnderLoad.start(SHARDS, "none");
                var processor = platform.processor("bench", settings, forThis).awaitReady();
                var tables = new PgTables(platform.settings());
                var producer = new KinesisProducer(platform.settings())) {
            for (int round = 0; round < ROUNDS; round++) {
                tables.tidy();
                long before = tables.userRecords(ServicesMain.STREAM);
                // nothing is read until all of it is there
                platform.faults().add("{\"fault\":\"hang\",\"operation\":\"GetRecords\"}");
                backlog.put((long) round * ROWS_PER_ROUND, (round + 1L) * ROWS_PER_ROUND, producer);
                platform.faults().clear();
                CatchUp catchUp = CatchUp.follow(tables, ServicesMain.STREAM, before, ROWS_PER_ROUND);
                double now = figure.of(processor.process());
                most = Math.max(most, now);
                steps.add(String.format(Locale.ROOT, "%.0f at %.0f rows/s", now, catchUp.rate()));
                long stored = tables.measurements();
                if (stored != ROWS_PER_ROUND) {
                    flaws.add("stored " + stored + " of " + ROWS_PER_ROUND + " rows");
                }
            }
            Line.ceiling(name, most, limit, "MiB", GOAL, flaws).print(out);
            out.printf(
                    Locale.ROOT,
                    "  MiB after each backlog of %d rows of %d sensors: %s%n",
                    ROWS_PER_ROUND,
                    ROWS.sensors(),
                    String.join(", ", steps));
        }
        return flaws.isEmpty();
    }
}
