package dev.millrace.bench.nab;

import dev.millrace.bench.nab.NabScore.Profile;
import dev.millrace.bench.nab.NabScore.Window;
import dev.millrace.local.replay.CsvLine;
import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import dev.millrace.processor.anomaly.adaptive.Tuning;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/** The series of the benchmark with their labelled windows. */
final class NabCorpus {

    /** A series with its rule of scoring. */
    record Labelled(NabSeries series, List<Window> windows) {

        Labelled {
            windows = List.copyOf(windows);
        }

        NabScore rule() {
            return new NabScore(series.rows().size(), windows);
        }

        /** The series without its first rows, the windows where they were. Windows that began there begin at the first row left. */
        Labelled without(double part) {
            int cut = (int) (part * series.rows().size());
            List<CsvLine.Row> rows = series.rows().subList(cut, series.rows().size());
            List<Window> left = windows.stream()
                    .filter(window -> window.last() >= cut)
                    .map(window -> new Window(Math.max(0, window.first() - cut), window.last() - cut))
                    .toList();
            return new Labelled(new NabSeries(series.name(), rows), left);
        }
    }

    private final List<Labelled> all;

    private NabCorpus(List<Labelled> all) {
        this.all = List.copyOf(all);
    }

    /** Reads {@code data/**.csv} and {@code windows.json}: for each series a list of pairs of timestamps. */
    static NabCorpus read(Path directory) throws IOException, NabSeries.Unreadable {
        Path file = directory.resolve("windows.json");
        JsonObject windows;
        try {
            windows = new JsonObject(Files.readString(file));
        } catch (DecodeException e) {
            throw new NabSeries.Unreadable(file + ": " + e.getMessage());
        }
        List<Labelled> all = new ArrayList<>();
        for (NabSeries series : NabSeries.all(directory)) {
            if (!(windows.getValue(series.name()) instanceof JsonArray pairs)) {
                throw new NabSeries.Unreadable(file + ": no windows of " + series.name());
            }
            List<Window> found = new ArrayList<>();
            for (Object pair : pairs) {
                if (!(pair instanceof JsonArray ends) || ends.size() != 2) {
                    throw new NabSeries.Unreadable(file + ": a window of " + series.name() + " is no pair");
                }
                found.add(new Window(row(file, series, ends.getString(0)), row(file, series, ends.getString(1))));
            }
            all.add(new Labelled(series, found));
        }
        return new NabCorpus(all);
    }

    private static int row(Path file, NabSeries series, String timestamp) throws NabSeries.Unreadable {
        return instant(timestamp)
                .flatMap(series::rowAt)
                .orElseThrow(
                        () -> new NabSeries.Unreadable(file + ": " + series.name() + " has no row at " + timestamp));
    }

    /** As the benchmark writes it: {@code 2014-02-19 10:50:00.000000}, UTC. */
    private static Optional<Instant> instant(String timestamp) {
        try {
            return Optional.of(Instant.parse(timestamp.replace(' ', 'T').replaceFirst("\\..*", "") + "Z"));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    List<Labelled> all() {
        return all;
    }

    /** The same without the first part of each series, from 0 to 1. */
    NabCorpus without(double part) {
        return new NabCorpus(
                all.stream().map(labelled -> labelled.without(part)).toList());
    }

    /** Points won, and the most there are. */
    record Points(double won, double most) {

        static final Points NONE = new Points(0, 0);

        Points plus(Points other) {
            return new Points(won + other.won, most + other.most);
        }

        /** 100: every window is hit at its left edge, and nothing else. */
        double score() {
            return 100 * won / most;
        }
    }

    /** The points of each family with a tuning, at the detector's own threshold. */
    SequencedMap<String, Points> byFamily(Tuning tuning, Profile profile) {
        SequencedMap<String, Points> points = new TreeMap<>();
        for (Labelled labelled : all) {
            double[] scores = labelled.series().scores(tuning);
            NabScore rule = labelled.rule();
            points.merge(
                    labelled.series().family(),
                    new Points(rule.points(scores, AdaptiveDetector.THRESHOLD, profile), rule.most(profile)),
                    Points::plus);
        }
        return points;
    }

    /** The score of the whole corpus. */
    double score(Tuning tuning, Profile profile) {
        return byFamily(tuning, profile).values().stream()
                .reduce(Points.NONE, Points::plus)
                .score();
    }
}
