package dev.millrace.bench;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs every benchmark, or the one that the argument names, and prints a line for each:
 * {@code NAME ratio R (ours X unit, limit Y unit, goal G)}. Bigger is better; both sides are measured in the same run.
 */
public final class BenchMain {

    /** A benchmark: its class with the methods {@code ours} and {@code limit}, and the ratio aimed at. */
    private record Benchmark(Class<?> type, String unit, double goal) {}

    private static final Map<String, Benchmark> BENCHMARKS =
            new TreeMap<>(Map.of("decode", new Benchmark(DecodeBenchmark.class, "readings/s", 0.20)));

    private BenchMain() {}

    public static void main(String[] args) throws RunnerException {
        if (args.length > 0 && !BENCHMARKS.containsKey(args[0])) {
            System.err.println(
                    "There is no benchmark " + args[0] + "; there are " + String.join(", ", BENCHMARKS.keySet()));
            System.exit(64);
        }
        for (Map.Entry<String, Benchmark> entry : BENCHMARKS.entrySet()) {
            if (args.length == 0 || args[0].equals(entry.getKey())) {
                run(entry.getKey(), entry.getValue());
            }
        }
    }

    private static void run(String name, Benchmark benchmark) throws RunnerException {
        Options options = new OptionsBuilder()
                .include(benchmark.type.getName())
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(1))
                .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow")
                .verbosity(VerboseMode.SILENT)
                .build();
        Collection<RunResult> results = new Runner(options).run();
        double ours = score(results, "ours");
        double limit = score(results, "limit");
        System.out.printf(
                Locale.ROOT,
                "%s ratio %.2f (ours %.0f %s, limit %.0f %s, goal %.2f)%n",
                name,
                ours / limit,
                ours,
                benchmark.unit,
                limit,
                benchmark.unit,
                benchmark.goal);
    }

    private static double score(Collection<RunResult> results, String method) {
        return results.stream()
                .filter(result -> result.getParams().getBenchmark().endsWith("." + method))
                .findFirst()
                .orElseThrow()
                .getPrimaryResult()
                .getScore();
    }
}
