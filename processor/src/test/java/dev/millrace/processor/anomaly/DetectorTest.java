package dev.millrace.processor.anomaly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class DetectorTest {

    private static final SeriesId TEMPERATURE = new SeriesId("oven-1", "temperature");
    private static final Rule HIGH =
            new Rule("high", "temperature", OptionalDouble.of(90), OptionalDouble.empty(), Severity.WARNING);
    private static final Rule OUTSIDE =
            new Rule("outside", "temperature", OptionalDouble.of(100), OptionalDouble.of(10), Severity.CRITICAL);

    private final Detector detector = new Detector(new RuleSet(1, List.of(HIGH, OUTSIDE)));
    private final Detection detection = new Detection();
    private Detector.Series series = new Detector.Series(SeriesState.NEW);

    private boolean feed(long at, double value) {
        return detector.feed(TEMPERATURE, series, at, new Measurement.Numeric("temperature", value), detection);
    }

    private static Anomaly high(long openedAt, OptionalLong closedAt, double value) {
        return new Anomaly(TEMPERATURE, "high", Severity.WARNING, openedAt, closedAt, value);
    }

    @Test
    void opensWithTheFirstValueBeyondTheLimitAndClosesWithTheFirstWithin() {
        feed(1, 90);
        feed(2, 90.5);
        feed(3, 95);
        feed(4, 90);
        feed(5, 91);

        assertEquals(List.of(high(2, OptionalLong.of(4), 90.5), high(5, OptionalLong.empty(), 91)), detection.opened());
        assertEquals(List.of(), detection.closings());
    }

    @Test
    void theFirstValueOfASeriesMayOpenOne() {
        feed(Long.MIN_VALUE + 1, 91);

        assertEquals(1, detection.opened().size());
    }

    @Test
    void oneValueMayBreachSeveralRules() {
        feed(1, 101);
        feed(2, 95);

        assertEquals(
                List.of("high", "outside"),
                detection.opened().stream().map(Anomaly::rule).toList());
        assertEquals(
                List.of(OptionalLong.empty(), OptionalLong.of(2)),
                detection.opened().stream().map(Anomaly::closedAt).toList());
    }

    @Test
    void closesWhatAnEarlierBatchOpened() {
        series = new Detector.Series(new SeriesState(10, List.of("high")));

        feed(11, 99);
        feed(12, 50);

        assertEquals(List.of(), detection.opened());
        assertEquals(List.of(new Detection.Closing(TEMPERATURE, "high", 12)), detection.closings());
    }

    @Test
    void aRuleThatIsGoneClosesItsAnomalyWithTheNextValue() {
        series = new Detector.Series(new SeriesState(10, List.of("high", "renamed")));

        feed(10, 99);
        assertEquals(List.of(), detection.closings());
        feed(11, 99);
        feed(12, 99);

        assertEquals(List.of(new Detection.Closing(TEMPERATURE, "renamed", 11)), detection.closings());
        assertEquals(List.of(), detection.opened());
    }

    @Test
    void aRuleThatIsGoneClosesItsAnomalyWithATextToo() {
        series = new Detector.Series(new SeriesState(10, List.of("high", "renamed")));

        detector.feed(TEMPERATURE, series, 11, new Measurement.State("temperature", "BROKEN"), detection);

        assertEquals(List.of(new Detection.Closing(TEMPERATURE, "renamed", 11)), detection.closings());
    }

    @Test
    void whatComesLateOrAgainIsNotFed() {
        assertTrue(feed(10, 50));
        assertFalse(feed(10, 99));
        assertFalse(feed(9, 99));

        assertEquals(List.of(), detection.opened());
    }

    @Test
    void aTextMovesTheSeriesOnWithoutTouchingTheRules() {
        feed(1, 95);
        detector.feed(TEMPERATURE, series, 5, new Measurement.State("temperature", "BROKEN"), detection);

        assertFalse(feed(3, 20));
        assertEquals(
                List.of(OptionalLong.empty()),
                detection.opened().stream().map(Anomaly::closedAt).toList());
        assertTrue(feed(6, 20));
        assertEquals(OptionalLong.of(6), detection.opened().getFirst().closedAt());
    }

    @Test
    void anIdDependsOnRuleSeriesAndOpeningAlone() {
        Anomaly open = high(1_764_849_600_000_000L, OptionalLong.empty(), 91);

        assertEquals(
                open.id(),
                high(1_764_849_600_000_000L, OptionalLong.of(2_000_000_000_000_000L), 99)
                        .id());
        assertEquals(8, open.id().version());
        assertEquals(2, open.id().variant());
        // made apart from this code: sha256 over 4-byte lengths and texts, then the 8-byte microseconds
        assertEquals("51effe3e-83fb-85d9-8d9e-9dad3585e7bb", open.id().toString());
    }

    @Test
    void noTwoAnomaliesShareAnIdBecauseTheirTextsRunTogether() {
        Anomaly one = new Anomaly(new SeriesId("a", "bc"), "r", Severity.INFO, 1, OptionalLong.empty(), 0);
        Anomaly other = new Anomaly(new SeriesId("ab", "c"), "r", Severity.INFO, 1, OptionalLong.empty(), 0);

        assertFalse(one.id().equals(other.id()));
    }
}
