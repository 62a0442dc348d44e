package dev.millrace.processor.anomaly.adaptive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

class DayProfileTest {

    private static final Instant MONDAY = Instant.parse("2026-06-01T00:00:00Z");

    private final DayProfile profile = new DayProfile();

    private static long at(int day, int hour) {
        return ChronoUnit.MICROS.between(
                Instant.EPOCH, MONDAY.plus(day, ChronoUnit.DAYS).plus(hour, ChronoUnit.HOURS));
    }

    /** Days of a plant that runs from 8 to 18, but not on weekends. */
    private void givenDays(int from, int to) {
        for (int day = from; day < to; day++) {
            for (int hour = 0; hour < 24; hour++) {
                profile.learn(at(day, hour), day % 7 < 5 && hour >= 8 && hour < 18 ? 80 : 20);
            }
        }
    }

    @Test
    void knowsAnHourFromTheNextDayOn() {
        profile.learn(at(0, 9), 80);
        assertFalse(profile.knows(at(0, 9)), "it is not over");

        profile.learn(at(0, 10), 80);
        assertTrue(profile.knows(at(1, 9)));
        assertFalse(profile.knows(at(1, 10)));
    }

    @Test
    void takesAWeekendForWorkingDaysUntilItHasSeenOne() {
        givenDays(0, 5);

        assertEquals(80, profile.usual(at(5, 9)), 1e-9);
    }

    @Test
    void keepsWeekendsAndWorkingDaysApart() {
        givenDays(0, 15);

        assertEquals(20, profile.usual(at(19, 9)), 1e-9, "Saturday");
        assertEquals(20, profile.usual(at(20, 9)), 1e-9, "Sunday");
        assertEquals(80, profile.usual(at(21, 9)), 1e-9, "Monday");
        assertEquals(80, profile.usual(at(18, 9)), 1e-9, "Friday");
    }

    @Test
    void followsANewPlanWithinAboutAWeek() {
        givenDays(0, 12);
        for (int day = 14; day < 19; day++) {
            profile.learn(at(day, 20), 80);
            profile.learn(at(day, 21), 80);
        }

        assertTrue(profile.usual(at(21, 20)) > 55, "usual: " + profile.usual(at(21, 20)));
    }
}
