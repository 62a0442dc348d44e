package dev.millrace.bench;

import dev.millrace.bench.IngestBenchmark.Form;
import dev.millrace.bench.load.AuthBenchmark;
import dev.millrace.bench.load.FairnessBenchmark;
import dev.millrace.bench.load.GatewayMemoryBenchmark;
import dev.millrace.bench.load.HttpBenchmark;
import dev.millrace.bench.load.MqttBenchmark;
import dev.millrace.bench.load.MqttIdleBenchmark;
import dev.millrace.bench.load.NdjsonBenchmark;
import dev.millrace.bench.pod.AotCaches;
import dev.millrace.bench.pod.PodProgram;
import dev.millrace.bench.pod.StartBenchmark;
import dev.millrace.bench.processor.HandOverBenchmark;
import dev.millrace.bench.processor.LatencyBenchmark;
import dev.millrace.bench.processor.ProcessorBenchmark;
import dev.millrace.bench.processor.ProcessorMemoryBenchmark;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs every benchmark, or the one that the argument names, and prints a line for each:
 * {@code NAME ratio R (ours X unit, limit Y unit, goal G)}. A bigger ratio is better; both sides are measured in the same run. Lines
 * that begin with two spaces tell more. Figures that show nothing have {@code VOID} and the reason at the end of their line, and
 * the exit code is then 75 (EX_TEMPFAIL): to be tried again.
 */
public final class BenchMain {

    /** What decoding, routing and aggregating must do on one core, in readings a second. */
    private static final double INGEST_GOAL = 500_000;

    private static final double DECODE_GOAL = 0.20;

    /** A benchmark prints its lines, and answers whether its figures show something. */
    private interface Benchmark {
        boolean run() throws Exception;
    }

    private final Map<String, Benchmark> benchmarks = new LinkedHashMap<>();
    private final Map<Form, Measured> ingest = new EnumMap<>(Form.class);

    private BenchMain() {
        benchmarks.put("decode", this::decode);
        benchmarks.put("ingest", this::ingest);
        benchmarks.put("detect", this::detect);
        benchmarks.put("http", () -> new HttpBenchmark(System.out).run());
        benchmarks.put("mqtt", () -> new MqttBenchmark(System.out).run());
        benchmarks.put("mqtt-idle", () -> new MqttIdleBenchmark(System.out).run());
        benchmarks.put("ndjson", () -> new NdjsonBenchmark(System.out, ingest(Form.NDJSON).ours).run());
        benchmarks.put("fairness", () -> new FairnessBenchmark(System.out).run());
        benchmarks.put("auth", () -> new AuthBenchmark(System.out).run());
        benchmarks.put("processor", () -> new ProcessorBenchmark(System.out).run());
        benchmarks.put("processor-latency", () -> new LatencyBenchmark(System.out).run());
        benchmarks.put("memory-detection", () -> ProcessorMemoryBenchmark.runDetection(System.out));
        AotCaches caches = new AotCaches();
        benchmarks.put(
                "hand-over", () -> new HandOverBenchmark(System.out, caches.podOptions(PodProgram.PROCESSOR)).run());
        benchmarks.put("start", () -> new StartBenchmark(System.out, "start", PodProgram.GATEWAY, caches).run());
        benchmarks.put(
                "start-processor",
                () -> new StartBenchmark(System.out, "start-processor", PodProgram.PROCESSOR, caches).run());
        benchmarks.put("memory", () -> new GatewayMemoryBenchmark(
                        System.out, PodProgram.GATEWAY.mebibytes(), caches.podOptions(PodProgram.GATEWAY))
                .run());
        benchmarks.put("memory-processor", () -> new ProcessorMemoryBenchmark(
                        System.out, PodProgram.PROCESSOR.mebibytes(), caches.podOptions(PodProgram.PROCESSOR))
                .run());
    }

    public static void main(String[] args) throws Exception {
        Map<String, Benchmark> benchmarks = new BenchMain().benchmarks;
        if (args.length > 0 && !benchmarks.containsKey(args[0])) {
            System.err.println(
                    "There is no benchmark " + args[0] + "; there are " + String.join(", ", benchmarks.keySet()));
            System.exit(64);
        }
        boolean valid = true;
        for (Map.Entry<String, Benchmark> entry : benchmarks.entrySet()) {
            if (args.length == 0 || args[0].equals(entry.getKey())) {
                valid &= entry.getValue().run();
            }
        }
        if (!valid) {
            System.exit(75);
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

    private boolean decode() throws RunnerException {
        Measured measured = measure(DecodeBenchmark.class);
        line("decode", measured, DECODE_GOAL).print(System.out);
        System.out.printf(Locale.ROOT, "  %.0f bytes allocated for a reading%n", measured.bytes);
        return true;
    }

    private boolean ingest() throws RunnerException {
        for (Form form : Form.values()) {
            Measured measured = ingest(form);
            if (form == Form.OBJECT) {
                line("ingest", measured, INGEST_GOAL / measured.limit).print(System.out);
            }
            System.out.printf(
                    Locale.ROOT,
                    "  %s: %.0f readings/s%s; ratio %.2f; %.0f bytes allocated for a reading%n",
                    form.description,
                    measured.ours,
                    Line.against(INGEST_GOAL, measured.ours),
                    measured.ours / measured.limit,
                    measured.bytes);
        }
        return true;
    }

    private boolean detect() throws RunnerException {
        for (DetectionBenchmark.Form form : DetectionBenchmark.Form.values()) {
            Measured measured = measure(DetectionBenchmark.class, form.name());
            String goal = "";
            if (form.goal > 0) {
                line(form.benchmark, measured, form.goal / measured.limit).print(System.out);
                goal = Line.against(form.goal, measured.ours);
            }
            System.out.printf(
                    Locale.ROOT,
                    "  %s: %.0f readings/s%s, %.0f bytes allocated for a reading%n",
                    form.description,
                    measured.ours,
                    goal,
                    measured.bytes);
        }
        DetectionBenchmark.printMemory(System.out);
        return true;
    }

    /** Measured once, however many benchmarks ask. */
    private Measured ingest(Form form) throws RunnerException {
        Measured known = ingest.get(form);
        if (known != null) {
            return known;
        }
        Measured measured = measure(IngestBenchmark.class, form.name());
        ingest.put(form, measured);
        return measured;
    }

    private static Line line(String name, Measured measured, double goal) {
        return new Line(name, measured.ours, measured.limit, "readings/s", goal, List.of());
    }

    private static Measured measure(Class<?> type, String... forms) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(type.getName())
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(1))
                .addProfiler(GCProfiler.class)
                .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow")
                .verbosity(VerboseMode.SILENT);
        if (forms.length > 0) {
            options = options.param("form", forms);
        }
        Collection<RunResult> results = new Runner(options.build()).run();
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
