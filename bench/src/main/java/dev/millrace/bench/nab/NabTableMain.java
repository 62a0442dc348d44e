package dev.millrace.bench.nab;

import dev.millrace.bench.nab.NabCorpus.Points;
import dev.millrace.bench.nab.NabScore.Profile;
import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import dev.millrace.processor.anomaly.adaptive.Tuning;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/**
 * {@code DATA}: prints the tables of docs/detection.md for the series in {@code DATA/data/**.csv} with the windows of
 * {@code DATA/windows.json}: the scores, what is chosen and won when a family of series is left out, what each part is worth, and
 * how far the numbers may be off.
 */
public final class NabTableMain {

    /** What cross-validation may choose from, every combination. */
    private static final double[] MARGINS = {0.025, 0.03, 0.035, 0.04, 0.045, 0.05, 0.055, 0.06, 0.07, 0.08};

    private static final double[] FORGETTINGS = {1e-5, 2e-5, 5e-5, 1e-4, 2e-4};
    private static final double[] SHORT_RATES = {0.05, 0.1, 0.2};
    private static final double[] LONG_RATES = {0.005, 0.01, 0.02};
    private static final int[] QUIETS = {12, 24, 48};

    private final NabCorpus corpus;
    private final PrintStream out;

    private NabTableMain(NabCorpus corpus, PrintStream out) {
        this.corpus = corpus;
        this.out = out;
    }

    public static void main(String[] args) {
        if (args.length != 1 || args[0].isBlank()) {
            System.err.println("The argument: a directory with data/**.csv and windows.json: make nab-table DATA=dir");
            System.exit(64);
        }
        try {
            NabTableMain tables = new NabTableMain(NabCorpus.read(Path.of(args[0])), System.out);
            tables.scores();
            tables.leavingFamiliesOut();
            tables.parts();
            tables.neighbours();
            tables.speed();
        } catch (NabSeries.Unreadable e) {
            System.err.println("nab-table: " + e.getMessage());
            System.exit(65);
        } catch (IOException e) {
            System.err.println("nab-table: cannot read " + args[0] + ": " + e);
            System.exit(66);
        }
    }

    private void scores() {
        out.println("| profile | score at threshold " + AdaptiveDetector.THRESHOLD + " |\n| --- | --- |");
        for (Profile profile : Profile.values()) {
            row(profile.text, number(corpus.score(Tuning.SHIPPED, profile)));
        }
        out.println(
                "\n| family | windows hit | false alarms | rows | of its points |\n| --- | --- | --- | --- | --- |");
        Map<String, Points> points = corpus.byFamily(Tuning.SHIPPED, Profile.STANDARD);
        for (String family : points.keySet()) {
            int windows = 0;
            int hit = 0;
            long alarms = 0;
            int rows = 0;
            for (NabCorpus.Labelled labelled : corpus.all()) {
                if (labelled.series().family().equals(family)) {
                    double[] scores = labelled.series().scores(Tuning.SHIPPED);
                    windows += labelled.windows().size();
                    hit += (int) labelled.windows().stream()
                            .filter(window -> hits(window, scores))
                            .count();
                    alarms += labelled.rule().falseAlarms(scores, AdaptiveDetector.THRESHOLD);
                    rows += scores.length;
                }
            }
            Points won = points.getOrDefault(family, Points.NONE);
            row(family, hit + " of " + windows, "" + alarms, "" + rows, windows == 0 ? "" : number(won.score()));
        }
    }

    private static boolean hits(NabScore.Window window, double[] scores) {
        for (int row = window.first(); row <= window.last(); row++) {
            if (scores[row] >= AdaptiveDetector.THRESHOLD) {
                return true;
            }
        }
        return false;
    }

    /** A combination of what may be chosen, and the points of each family with it. */
    private record Choice(Tuning tuning, SequencedMap<String, Points> points) {

        double scoreWithout(String family) {
            return points.entrySet().stream()
                    .filter(entry -> !entry.getKey().equals(family))
                    .map(Map.Entry::getValue)
                    .reduce(Points.NONE, Points::plus)
                    .score();
        }

        Points of(String family) {
            return points.getOrDefault(family, Points.NONE);
        }
    }

    private void leavingFamiliesOut() {
        List<Choice> choices = new ArrayList<>();
        for (double margin : MARGINS) {
            for (double forgetting : FORGETTINGS) {
                for (double shortRate : SHORT_RATES) {
                    for (double longRate : LONG_RATES) {
                        for (int quiet : QUIETS) {
                            Tuning tuning = new Changed()
                                    .margin(margin)
                                    .forgetting(forgetting)
                                    .shortRate(shortRate)
                                    .longRate(longRate)
                                    .quietValues(quiet)
                                    .tuning();
                            choices.add(new Choice(tuning, corpus.byFamily(tuning, Profile.STANDARD)));
                        }
                    }
                }
            }
        }
        out.printf(
                Locale.ROOT,
                "%n%d combinations; for each family the best one for the other families%n%n"
                        + "| left out | chosen: margin, forgetting, rates, quiet | score of the others | points of its own |%n"
                        + "| --- | --- | --- | --- |%n",
                choices.size());
        Points sum = Points.NONE;
        for (String family : choices.getFirst().points().keySet()) {
            Choice best = choices.getFirst();
            for (Choice choice : choices) {
                if (choice.scoreWithout(family) > best.scoreWithout(family)) {
                    best = choice;
                }
            }
            Points own = best.of(family);
            sum = sum.plus(own);
            Tuning chosen = best.tuning();
            row(
                    family,
                    chosen.margin() + ", " + chosen.forgetting() + ", " + chosen.shortRate() + " and "
                            + chosen.longRate() + ", " + chosen.quietValues(),
                    number(best.scoreWithout(family)),
                    number(own.won()) + " of " + number(own.most()));
        }
        row("together", "", "", "**" + number(sum.score()) + "**");
        double best = choices.stream()
                .mapToDouble(choice -> choice.scoreWithout("(none)"))
                .max()
                .orElseThrow();
        long near = choices.stream()
                .filter(choice -> choice.scoreWithout("(none)") > best - 5)
                .count();
        out.printf(
                Locale.ROOT,
                "%nThe best combination for all families has %.1f; %d of %d have at least %.1f.%n",
                best,
                near,
                choices.size(),
                best - 5);
    }

    private void parts() {
        double whole = corpus.score(Tuning.SHIPPED, Profile.STANDARD);
        out.println(
                "\n| without | score | worth | score, the margin chosen anew | worth |\n| --- | --- | --- | --- | --- |");
        double wholeBest = best(changed -> changed);
        row("(whole)", number(whole), "", number(wholeBest), "");
        without("the value itself", whole, wholeBest, changed -> changed.levelGain(0));
        without("the recent range", whole, wholeBest, changed -> changed.recentGain(0));
        without("the short average", whole, wholeBest, changed -> changed.averageGain(0));
        without("the departure from the long average", whole, wholeBest, changed -> changed.departureGain(0));
        without("restlessness", whole, wholeBest, changed -> changed.restlessnessGain(0));
        without("the hour of the day", whole, wholeBest, changed -> changed.dayGain(0));
        without("forgetting", whole, wholeBest, changed -> changed.forgetting(0));
        without("bounded influence", whole, wholeBest, changed -> changed.growth(1e12));
        without("warm-up", whole, wholeBest, changed -> changed.warmUp(0));
        without("quiet after an alarm", whole, wholeBest, changed -> changed.quietValues(0)
                .quietFor(Duration.ZERO));
        without("firing again", whole, wholeBest, changed -> changed.fireAgain(1e12));
        without("all but the value itself", whole, wholeBest, changed -> changed.recentGain(0)
                .averageGain(0)
                .departureGain(0)
                .restlessnessGain(0)
                .dayGain(0));
    }

    private void without(String part, double whole, double wholeBest, UnaryOperator<Changed> change) {
        double score = corpus.score(change.apply(new Changed()).tuning(), Profile.STANDARD);
        double best = best(change);
        row(part, number(score), number(whole - score), number(best), number(wholeBest - best));
    }

    private double best(UnaryOperator<Changed> change) {
        double best = Double.NEGATIVE_INFINITY;
        for (double margin : MARGINS) {
            best = Math.max(
                    best,
                    corpus.score(change.apply(new Changed()).margin(margin).tuning(), Profile.STANDARD));
        }
        return best;
    }

    private void neighbours() {
        out.println("\n| margin | all rows | first 2 % cut | 4 % | 6 % |\n| --- | --- | --- | --- | --- |");
        List<NabCorpus> cut = List.of(corpus, corpus.without(0.02), corpus.without(0.04), corpus.without(0.06));
        for (double margin : MARGINS) {
            Tuning tuning = new Changed().margin(margin).tuning();
            List<String> cells = new ArrayList<>(List.of("" + margin));
            for (NabCorpus one : cut) {
                cells.add(number(one.score(tuning, Profile.STANDARD)));
            }
            row(cells.toArray(String[]::new));
        }
    }

    private void speed() {
        long values = 0;
        long start = System.nanoTime();
        for (int round = 0; round < 5; round++) {
            for (NabCorpus.Labelled labelled : corpus.all()) {
                values += labelled.series().scores(Tuning.SHIPPED).length;
            }
        }
        out.printf(
                Locale.ROOT,
                "%n%.1f million values a second on one core; %d bytes of state for a series%n",
                values * 1e3 / (System.nanoTime() - start),
                AdaptiveDetector.MAX_BYTES);
    }

    private void row(String... cells) {
        out.println("| " + String.join(" | ", cells) + " |");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
