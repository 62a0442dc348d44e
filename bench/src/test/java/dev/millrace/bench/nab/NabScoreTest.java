package dev.millrace.bench.nab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.bench.nab.NabScore.Profile;
import dev.millrace.bench.nab.NabScore.Window;
import java.util.List;
import org.junit.jupiter.api.Test;

class NabScoreTest {

    /** 100 rows, of which the first 15 are not scored. */
    private final NabScore rule = new NabScore(100, List.of(new Window(30, 39), new Window(60, 69)));

    private static double[] alarms(int... rows) {
        double[] scores = new double[100];
        for (int row : rows) {
            scores[row] = 0.5;
        }
        return scores;
    }

    private double points(int... rows) {
        return rule.points(alarms(rows), 0.5, Profile.STANDARD);
    }

    @Test
    void thePerfectDetectorWinsAll() {
        assertEquals(4, points(30, 60), 1e-12);
        assertEquals(4, rule.most(Profile.STANDARD));
        assertEquals(6, rule.most(Profile.LOW_FN));
        assertEquals(6, rule.points(alarms(30, 60), 0.5, Profile.LOW_FN), 1e-12);
    }

    @Test
    void onlyTheFirstAlarmInAWindowCountsAndTheEarlierTheMore() {
        assertEquals(points(33), points(33, 34, 39), 1e-12);
        assertEquals(1 + (2 / (1 + Math.exp(-5 * 0.5)) - 1) / (2 / (1 + Math.exp(-5)) - 1), points(35), 1e-12);
    }

    @Test
    void anAlarmOutsideCostsLessShortlyAfterAWindow() {
        assertEquals(-0.11, points(20), 1e-12);
        assertEquals(-0.22, rule.points(alarms(20), 0.5, Profile.LOW_FP), 1e-12);
        assertEquals(-0.11, points(99), 1e-12);
        assertEquals(-0.11 * (1 - 2 / (1 + Math.exp(5.0 / 9))), points(40), 1e-12);
        assertEquals(1, rule.falseAlarms(alarms(35, 40), 0.5));
    }

    @Test
    void theBeginningIsNotScored() {
        assertEquals(0, points(0, 14), 1e-12);
        assertEquals(0, rule.falseAlarms(alarms(0, 14), 0.5));
    }

    @Test
    void lessThanTheThresholdIsNoAlarm() {
        assertEquals(0, rule.points(alarms(20, 30), 0.51, Profile.STANDARD), 1e-12);
    }
}
