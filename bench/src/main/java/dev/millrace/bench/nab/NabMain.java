package dev.millrace.bench.nab;

import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import dev.millrace.processor.anomaly.adaptive.Tuning;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * {@code DATA OUT}: runs the detector as the processor runs it over {@code DATA/data/**.csv} and writes for each file one of the same
 * path under {@code OUT}, with the column {@code anomaly_score}, a row for a row. It knows neither names nor lengths.
 *
 * <p>Exit codes as in sysexits.h: 64 wrong arguments, 65 a file that is no series, 66 no such directory or no file in it, 73 nothing can
 * be written to {@code OUT}.
 */
public final class NabMain {

    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private NabMain() {}

    public static void main(String[] args) {
        System.exit(run(List.of(args), System.out, System.err));
    }

    static int run(List<String> args, PrintStream out, PrintStream err) {
        if (args.size() != 2 || args.stream().anyMatch(String::isBlank)) {
            err.println("The arguments: a directory with data/**.csv, and one to write to: make nab DATA=dir OUT=dir");
            return 64;
        }
        Path data = Path.of(args.get(0));
        if (!Files.isDirectory(data.resolve("data"))) {
            err.println("nab: there is no directory " + data.resolve("data"));
            return 66;
        }
        List<NabSeries> all;
        try {
            all = NabSeries.all(data);
        } catch (NabSeries.Unreadable e) {
            err.println("nab: " + e.getMessage());
            return 65;
        } catch (IOException e) {
            err.println("nab: cannot read " + data + ": " + e);
            return 66;
        }
        if (all.isEmpty()) {
            err.println("nab: there is no .csv file under " + data.resolve("data"));
            return 66;
        }
        int rows = 0;
        int alarms = 0;
        for (NabSeries series : all) {
            double[] scores = series.scores(Tuning.SHIPPED);
            Path file = Path.of(args.get(1)).resolve(series.name());
            try {
                write(file, series, scores);
            } catch (IOException e) {
                err.println("nab: cannot write " + file + ": " + e);
                return 73;
            }
            rows += scores.length;
            for (double score : scores) {
                alarms += score >= AdaptiveDetector.THRESHOLD ? 1 : 0;
            }
        }
        out.printf(
                Locale.ROOT,
                "%d series, %d rows, %d of them unusual (score at least %s)%n",
                all.size(),
                rows,
                alarms,
                AdaptiveDetector.THRESHOLD);
        return 0;
    }

    private static void write(Path file, NabSeries series, double[] scores) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            writer.write("timestamp,value,anomaly_score\n");
            for (int row = 0; row < scores.length; row++) {
                writer.write(TIMESTAMP.format(series.rows().get(row).timestamp()));
                writer.write(',' + Double.toString(series.rows().get(row).value()));
                writer.write(',' + Double.toString(scores[row]) + '\n');
            }
        }
    }
}
