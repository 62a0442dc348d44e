package dev.millrace.bench;

import dev.millrace.bench.load.HttpBenchmark;
import dev.millrace.bench.load.NdjsonBenchmark;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs every benchmark, or the one that the argument names, and prints a line for each:
 * {@code NAME ratio R (ours X unit, limit Y unit, goal G)}. Bigger is better; both sides are measured in the same run. Lines
 * that begin with two spaces tell more.
 */
public final class BenchMain {

    /** What decoding, routing and aggregating must do on one core, in readings a second. */
    private static final double INGEST_GOAL = 500_000;

    /** A benchmark prints its lines. */
    private interface Benchmark {
        void run() throws Exception;
    }

    private static final Map<String, Benchmark> BENCHMARKS = new LinkedHashMap<>();

    static {
        BENCHMARKS.put("decode", () -> {
            Measured measured = measure(DecodeBenchmark.class);
            print("decode", measured, 0.20);
        });
        BENCHMARKS.put("ingest", () -> {
            Measured measured = measure(IngestBenchmark.class);
            print("ingest", measured, INGEST_GOAL / measured.limit);
            System.out.printf(
                    Locale.ROOT,
                    "  bodies of one reading, goal %.0f readings/s: %s%n",
                    INGEST_GOAL,
                    measured.ours >= INGEST_GOAL ? "met" : "missed");
        });
        BENCHMARKS.put("http", () -> new HttpBenchmark(System.out).run());
        BENCHMARKS.put("ndjson", () -> new NdjsonBenchmark(System.out, measure(DecodeBenchmark.class).ours).run());
    }

    private BenchMain() {}

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && !BENCHMARKS.containsKey(args[0])) {
            System.err.println(
                    "There is no benchmark " + args[0] + "; there are " + String.join(", ", BENCHMARKS.keySet()));
            System.exit(64);
        }
        for (Map.Entry<String, Benchmark> entry : BENCHMARKS.entrySet()) {
            if (args.length == 0 || args[0].equals(entry.getKey())) {
                entry.getValue().run();
            }
        }
    }

    /**
     * What JMH found of a class with the methods {@code ours} and {@code limit}.
     *
     * @param ours operations a second on one core
     * @param limit likewise
     * @param bytes allocated for an operation of ours
     */
    private record Measured(double ours, double limit, double bytes) {}

    private static void print(String name, Measured measured, double goal) {
        Line.print(System.out, name, measured.ours, measured.limit, "readings/s", goal);
        System.out.printf(Locale.ROOT, "  %.0f bytes allocated for a reading%n", measured.bytes);
    }

    private static Measured measure(Class<?> type) throws RunnerException {
        Options options = new OptionsBuilder()
                .include(type.getName())
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(1))
                .addProfiler(GCProfiler.class)
                .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow")
                .verbosity(VerboseMode.SILENT)
                .build();
        Collection<RunResult> results = new Runner(options).run();
        RunResult ours = result(results, "ours");
        Result<?> bytes = Objects.requireNonNull(ours.getSecondaryResults().get("gc.alloc.rate.norm"));
        return new Measured(
                ours.getPrimaryResult().getScore(),
                result(results, "limit").getPrimaryResult().getScore(),
                bytes.getScore());
    }

    private static RunResult result(Collection<RunResult> results, String method) {
        return results.stream()
                .filter(result -> result.getParams().getBenchmark().endsWith("." + method))
                .findFirst()
                .orElseThrow();
    }
}
