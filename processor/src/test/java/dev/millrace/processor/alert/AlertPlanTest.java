package dev.millrace.processor.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AlertPlanTest {

    private static final AlertTiming TIMING = AlertTiming.usual(Duration.ofMinutes(10));
    private static final int MANY = 100;
    private static final long NOW = Messages.NOON;
    private static final AlertPlan.Group HOT = new AlertPlan.Group("hot", AlertEvent.OPENED);
    private static final UUID MESSAGE = new UUID(1, 2);

    private static long ago(int seconds) {
        return NOW - seconds * 1_000_000L;
    }

    private static long in(int seconds) {
        return NOW + seconds * 1_000_000L;
    }

    private static AlertPlan.Waiting waiting(String rule, int secondsAgo) {
        return new AlertPlan.Waiting(rule, AlertEvent.OPENED, ago(secondsAgo), MANY);
    }

    private static AlertPlan.Waiting limited(int secondsAgo, int most) {
        return new AlertPlan.Waiting("hot", AlertEvent.OPENED, ago(secondsAgo), most);
    }

    private static AlertPlan.Made made(AlertEvent event, int secondsAgo) {
        return new AlertPlan.Made("hot", event, ago(secondsAgo));
    }

    private static AlertPlan plan(
            List<AlertPlan.Waiting> waiting, List<AlertPlan.Unsent> unsent, List<AlertPlan.Made> made) {
        return AlertPlan.of(NOW, TIMING, waiting, unsent, made);
    }

    private static void assertTells(AlertPlan plan, AlertPlan.Candidate... candidates) {
        assertEquals(List.of(candidates), plan.candidates());
    }

    private static void assertWaits(AlertPlan plan, long until) {
        assertEquals(new AlertPlan(List.of(), until), plan);
    }

    @Test
    void nothingIsToldOfNothing() {
        assertWaits(plan(List.of(), List.of(), List.of()), Long.MAX_VALUE);
    }

    @Test
    void theFirstWaitsForOthers() {
        assertWaits(plan(List.of(waiting("hot", 2)), List.of(), List.of()), in(3));
        assertTells(plan(List.of(waiting("hot", 5)), List.of(), List.of()), HOT);
    }

    @Test
    void theNextWaitsForTheIntervalOfItsEvent() {
        assertWaits(plan(List.of(waiting("hot", 10)), List.of(), List.of(made(AlertEvent.OPENED, 20))), in(10));
        assertTells(plan(List.of(waiting("hot", 10)), List.of(), List.of(made(AlertEvent.RESOLVED, 20))), HOT);
        assertTells(plan(List.of(waiting("hot", 10)), List.of(), List.of(made(AlertEvent.OPENED, 30))), HOT);
    }

    @Test
    void overItsLimitARuleWaitsUntilTheOldestIsAnHourOld() {
        List<AlertPlan.Made> made =
                List.of(made(AlertEvent.OPENED, 600), made(AlertEvent.RESOLVED, 3_000), made(AlertEvent.OPENED, 3_500));

        assertTells(plan(List.of(limited(60, 4)), List.of(), made), HOT);
        assertWaits(plan(List.of(limited(60, 3)), List.of(), made), in(100));
        assertWaits(plan(List.of(limited(60, 2)), List.of(), made), in(600));
        assertWaits(plan(List.of(limited(60, 1)), List.of(), made), in(3_000));
    }

    @Test
    void aRuleWithAMessageOnItsWayWaitsForThatAndOthersDoNot() {
        List<AlertPlan.Unsent> unsent = List.of(new AlertPlan.Unsent(MESSAGE, "hot", in(40)));

        AlertPlan plan = plan(List.of(waiting("hot", 60), waiting("cold", 60)), unsent, List.of());

        assertTells(plan, new AlertPlan.Group("cold", AlertEvent.OPENED));
        assertEquals(in(40), plan.nextAt());
    }

    @Test
    void whatIsDueLongestComesFirst() {
        AlertPlan plan = plan(
                List.of(waiting("hot", 15), waiting("cold", 35)),
                List.of(new AlertPlan.Unsent(MESSAGE, "wet", ago(20))),
                List.of());

        assertTells(plan, new AlertPlan.Group("cold", AlertEvent.OPENED), new AlertPlan.Again(MESSAGE), HOT);
    }
}
