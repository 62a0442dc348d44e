package dev.millrace.bench.nab;

import dev.millrace.local.replay.CsvLine;
import dev.millrace.local.replay.CsvReadings;
import dev.millrace.local.replay.UnreadableFile;
import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import dev.millrace.processor.anomaly.adaptive.Tuning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A series of the benchmark. */
final class NabSeries {

    private final String name;
    private final List<CsvLine.Row> rows;

    NabSeries(String name, List<CsvLine.Row> rows) {
        this.name = name;
        this.rows = List.copyOf(rows);
    }

    /** A file, or a line of it, that is not what it must be; the message says where. */
    static final class Unreadable extends Exception {

        private static final long serialVersionUID = 1L;

        Unreadable(String message) {
            super(message);
        }
    }

    /** All series {@code data/**.csv} under a directory, by name. */
    static List<NabSeries> all(Path directory) throws IOException, Unreadable {
        Path data = directory.resolve("data");
        List<Path> files;
        try (Stream<Path> found = Files.walk(data)) {
            files = found.filter(file -> file.toString().endsWith(".csv") && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        }
        List<NabSeries> series = new ArrayList<>();
        for (Path file : files) {
            series.add(read(data, file));
        }
        return series;
    }

    private static NabSeries read(Path data, Path file) throws IOException, Unreadable {
        List<CsvLine.Row> rows = new ArrayList<>();
        try (CsvReadings lines = CsvReadings.open(Files.newInputStream(file))) {
            for (Optional<CsvLine> line = lines.next(); line.isPresent(); line = lines.next()) {
                switch (line.get()) {
                    case CsvLine.Row row -> rows.add(row);
                    case CsvLine.Bad(long number, String reason) ->
                        throw new Unreadable(file + ", line " + number + ": " + reason);
                }
            }
        } catch (UnreadableFile e) {
            throw new Unreadable(file + ": " + e.getMessage());
        }
        return new NabSeries(data.relativize(file).toString().replace('\\', '/'), rows);
    }

    /** The path under {@code data}, with slashes. */
    String name() {
        return name;
    }

    /** The directory in which it lies, empty at the top: the benchmark has a directory for each kind of series. */
    String family() {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    List<CsvLine.Row> rows() {
        return rows;
    }

    /** The first row that has a timestamp, if any. */
    Optional<Integer> rowAt(Instant timestamp) {
        for (int row = 0; row < rows.size(); row++) {
            if (rows.get(row).timestamp().truncatedTo(ChronoUnit.SECONDS).equals(timestamp)) {
                return Optional.of(row);
            }
        }
        return Optional.empty();
    }

    /**
     * The score of each row. As in the processor, a row that is not later than all before it is not fed; its score is 0.
     */
    double[] scores(Tuning tuning) {
        AdaptiveDetector detector = new AdaptiveDetector(tuning);
        double[] scores = new double[rows.size()];
        long last = Long.MIN_VALUE;
        for (int row = 0; row < scores.length; row++) {
            long at = ChronoUnit.MICROS.between(Instant.EPOCH, rows.get(row).timestamp());
            if (at > last) {
                scores[row] = detector.score(at, rows.get(row).value());
                last = at;
            }
        }
        return scores;
    }
}
