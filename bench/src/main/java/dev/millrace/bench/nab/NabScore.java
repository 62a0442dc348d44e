package dev.millrace.bench.nab;

import java.util.Arrays;
import java.util.List;

/**
 * What a series' alarms are worth by the rule of the benchmark (Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms: the
 * Numenta Anomaly Benchmark", 2015). The first 15 % of a series, at most 750 rows, is not scored. In each labelled window the
 * earliest alarm counts, from about 1 at its left edge to 0 at its right, and 1 (low-FN: 2) for not having missed it. An alarm outside
 * costs up to 0.11 (low-FP: 0.22), less shortly after a window.
 */
final class NabScore {

    /** What an alarm outside of windows costs at most, and what a missed window costs. */
    enum Profile {
        STANDARD("standard", 0.11, 1),
        LOW_FP("low-FP", 0.22, 1),
        LOW_FN("low-FN", 0.11, 2);

        final String text;
        private final double falseAlarm;
        private final double miss;

        Profile(String text, double falseAlarm, double miss) {
            this.text = text;
            this.falseAlarm = falseAlarm;
            this.miss = miss;
        }
    }

    /**
     * A labelled window.
     *
     * @param first its first row
     * @param last its last row
     */
    record Window(int first, int last) {}

    private final List<Window> windows;
    private final int probation;

    /** @param windows in their order */
    NabScore(int rows, List<Window> windows) {
        this.windows = List.copyOf(windows);
        this.probation = Math.min((int) Math.floor(0.15 * rows), 750);
    }

    /** The points won, of {@link #most}; negative where false alarms weigh more. */
    double points(double[] scores, double threshold, Profile profile) {
        double points = 0;
        boolean[] hit = new boolean[windows.size()];
        int next = 0;
        for (int row = 0; row < scores.length; row++) {
            while (next < windows.size() && windows.get(next).last() < row) {
                next++;
            }
            if (row < probation || scores[row] < threshold) {
                continue;
            }
            if (next < windows.size() && windows.get(next).first() <= row) {
                if (!hit[next]) {
                    hit[next] = true;
                    points += earliness(windows.get(next), row) + profile.miss;
                }
            } else {
                points -= profile.falseAlarm * guilt(next, row);
            }
        }
        return points;
    }

    /** The points of alarms at the left edges of all windows and nowhere else. */
    double most(Profile profile) {
        long scored =
                windows.stream().filter(window -> window.last() >= probation).count();
        return windows.size() + profile.miss * scored;
    }

    /** How many rows outside of windows alarm. */
    long falseAlarms(double[] scores, double threshold) {
        boolean[] outside = new boolean[scores.length];
        Arrays.fill(outside, probation, scores.length, true);
        for (Window window : windows) {
            Arrays.fill(outside, window.first(), window.last() + 1, false);
        }
        long alarms = 0;
        for (int row = 0; row < scores.length; row++) {
            alarms += outside[row] && scores[row] >= threshold ? 1 : 0;
        }
        return alarms;
    }

    private static double earliness(Window window, int row) {
        double width = window.last() - window.first() + 1;
        return sigmoid(-(window.last() - row + 1) / width) / sigmoid(-1);
    }

    private double guilt(int next, int row) {
        if (next == 0) {
            return 1;
        }
        Window before = windows.get(next - 1);
        return -sigmoid((double) (row - before.last()) / Math.max(1, before.last() - before.first()));
    }

    private static double sigmoid(double x) {
        return x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1;
    }
}
