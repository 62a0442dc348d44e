package dev.millrace.bench;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Detector;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Feeds a reading each to 1,000 series, a second apart: looks the series up and lets the detector have it; in readings a second on
 * one core. The limit is the same with a single comparison in the detector's place, which is the least that a rule can cost.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class DetectionBenchmark {

    private static final int SERIES = 1_000;

    /** A power of two. */
    private static final int VALUES = 1 << 14;

    private static final String LIMITS = "above: 90, clearBelow: 85, below: 10, for: 5s";

    /** Which rules. */
    public enum Form {
        THRESHOLD("detect", 1_000_000, "limits on both sides with hysteresis and delay", LIMITS, false),
        UNUSUAL("detect-unusual", 300_000, "the adaptive detector", "unusual: true, clearFor: 10m", false),
        ALL("", 0, "a rule of every kind", everyKind(), false),
        ALL_COPIED(
                "",
                0,
                "the same, and a copy of the series for each reading, as of a batch with one of each",
                everyKind(),
                true);

        final String benchmark;

        /** What a core must do, in readings a second; 0: no goal is about it. */
        final double goal;

        final String description;
        private final String rule;
        private final boolean copies;

        Form(String benchmark, double goal, String description, String rule, boolean copies) {
            this.benchmark = benchmark;
            this.goal = goal;
            this.description = description;
            this.rule = rule;
            this.copies = copies;
        }

        private static String everyKind() {
            return LIMITS
                    + ", rateAbove: 50 per second, flatFor: 1m, silentFor: 5m, deviates: {by: 6, window: 100}, unusual: true, state: FAULT";
        }

        private RuleSet rules() {
            String text = "version: 1\nrules: [{name: bench, severity: info, metric: temperature, " + rule + "}]\n";
            if (RuleFile.parse(text) instanceof RuleFile.Valid(RuleSet rules)) {
                return rules;
            }
            throw new IllegalStateException("the rule is refused: " + RuleFile.parse(text));
        }
    }

    @Param
    public Form form = Form.THRESHOLD;

    private final List<SeriesId> ids = IntStream.range(0, SERIES)
            .mapToObj(number -> new SeriesId("press-" + number, "temperature"))
            .toList();
    private final List<Measurement.Numeric> values = values();
    private final Map<SeriesId, Series> series = new HashMap<>();
    private final Map<SeriesId, double[]> last =
            ids.stream().collect(Collectors.toMap(Function.identity(), _ -> new double[1]));
    private Detector detector = new Detector(Form.THRESHOLD.rules());
    private int step;

    /** Noise about a level, with a jump now and then. */
    private static List<Measurement.Numeric> values() {
        Random random = new Random(1);
        List<Measurement.Numeric> values = new ArrayList<>();
        for (int i = 0; i < VALUES; i++) {
            double jump = random.nextInt(2_000) == 0 ? 40 : 0;
            values.add(new Measurement.Numeric("temperature", 60 + 3 * random.nextGaussian() + jump));
        }
        return values;
    }

    /** So long that nothing has still to be learnt. */
    @Setup(Level.Trial)
    public void prepare() {
        detector = new Detector(form.rules());
        for (SeriesId id : ids) {
            series.put(id, Series.fresh());
        }
        for (int i = 0; i < 300; i++) {
            ours();
        }
    }

    private Measurement.Numeric value(int number) {
        return values.get((step + 13 * number) & (VALUES - 1));
    }

    /** Look the series up, detect. */
    @Benchmark
    @OperationsPerInvocation(SERIES)
    public Detection ours() {
        Detection found = new Detection();
        long at = ++step * 1_000_000L;
        for (int i = 0; i < SERIES; i++) {
            SeriesId id = ids.get(i);
            Series one = series.getOrDefault(id, Series.fresh());
            if (form.copies) {
                one = one.copy();
                series.put(id, one);
            }
            detector.feed(id, one, at, at, value(i), found);
        }
        return found;
    }

    /** Look the series up, compare. */
    @Benchmark
    @OperationsPerInvocation(SERIES)
    public int limit() {
        int above = 0;
        step++;
        for (int i = 0; i < SERIES; i++) {
            double value = value(i).value();
            double[] before = last.getOrDefault(ids.get(i), new double[1]);
            if (value > 90 && before[0] <= 90) {
                above++;
            }
            before[0] = value;
        }
        return above;
    }

    /** Prints what a series takes, in the heap and stored, once it has seen 300 values. */
    static void printMemory(PrintStream out) {
        for (Form form : List.of(Form.THRESHOLD, Form.UNUSUAL, Form.ALL)) {
            int blocks = 10;
            long count = (long) blocks * SERIES;
            long before = heap();
            List<DetectionBenchmark> held = new ArrayList<>();
            for (int i = 0; i < blocks; i++) {
                DetectionBenchmark benchmark = new DetectionBenchmark();
                benchmark.form = form;
                held.add(benchmark);
            }
            long without = heap();
            held.forEach(DetectionBenchmark::prepare);
            long heap = (heap() - without) / count;
            long stored = held.stream()
                            .flatMap(benchmark -> benchmark.series.values().stream())
                            .mapToLong(series -> series.encode().length)
                            .sum()
                    / count;
            out.printf(Locale.ROOT, "  %s: %d bytes a series in the heap, %d stored%n", form.description, heap, stored);
            if (before > without) {
                out.println("  (the heap shrank meanwhile: the figure is uncertain)");
            }
        }
    }

    private static long heap() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
