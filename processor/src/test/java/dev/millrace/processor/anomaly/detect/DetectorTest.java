package dev.millrace.processor.anomaly.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Each kind of condition at its edges. Long, because the kinds stand side by side in nested classes, and share what feeds them. */
class DetectorTest {

    /** Without it every test would have to be longer than ten minutes. */
    private static final String AT_ONCE = ", refractory: 0s";

    @Nested
    class AboveAndBelow {

        @Test
        void aValueThatEqualsTheLimitIsGood() {
            Feeder feeder = new Feeder("above: 90" + AT_ONCE)
                    .at(1, 90)
                    .at(2, Math.nextUp(90.0))
                    .at(3, 95)
                    .at(4, 91)
                    .at(5, 90)
                    .at(6, 91);

            assertEquals(
                    List.of(
                            "above 2..5 peak 95 of " + Math.nextUp(90.0) + " count 3",
                            "above 6.. peak 91 of 91 count 1"),
                    feeder.opened());
        }

        @Test
        void withHysteresisItClosesBelowTheLowerLimitOnly() {
            Feeder feeder = new Feeder("above: 90, clearBelow: 85" + AT_ONCE)
                    .at(1, 91)
                    .at(2, 89)
                    .at(3, 85)
                    .at(4, 92)
                    .at(5, Math.nextDown(85.0))
                    .at(6, 89);

            assertEquals(List.of("above 1..5 peak 92 of 91 count 2"), feeder.opened());
        }

        @Test
        void belowIsTheSameUpsideDown() {
            Feeder feeder = new Feeder("below: 10, clearAbove: 12" + AT_ONCE)
                    .at(1, 10)
                    .at(2, 9)
                    .at(3, 7)
                    .at(4, 8)
                    .at(5, 12)
                    .at(6, 12.5);

            assertEquals(List.of("below 2..6 peak 7 of 9 count 3"), feeder.opened());
        }

        @Test
        void aRuleWithBothTellsWhichItWas() {
            Feeder feeder = new Feeder("above: 90, below: 10" + AT_ONCE)
                    .at(1, 91)
                    .at(2, 9)
                    .at(3, 50);

            assertEquals(
                    List.of("above 1..2 peak 91 of 91 count 1", "below 2..3 peak 9 of 9 count 1"), feeder.opened());
            assertEquals(
                    2,
                    feeder.found().opened().stream()
                            .map(opened -> opened.anomaly().id())
                            .distinct()
                            .count());
        }

        @Test
        void limitsAtTheEndsOfTheNumbersOverflowNothing() {
            Feeder feeder =
                    new Feeder("above: 1.7e308, below: -1.7e308, rateAbove: 1 per hour, deviates: {by: 6, window: 10}");
            for (int i = 1; i < 40; i++) {
                feeder.at(i / 1e3, i % 2 == 0 ? Double.MAX_VALUE : -Double.MAX_VALUE);
            }

            for (Detection.Opened opened : feeder.found().opened()) {
                assertTrue(Double.isFinite(opened.course().peak()), opened::toString);
            }
            assertEquals(
                    List.of(ConditionKind.BELOW, ConditionKind.ABOVE, ConditionKind.RATE),
                    feeder.found().opened().stream()
                            .map(o -> o.anomaly().condition())
                            .toList());
        }
    }

    @Nested
    class Delays {

        @Test
        void opensWithTheReadingThatShowsThatItLasted() {
            Feeder feeder = new Feeder("above: 90, for: 10s, clearFor: 0s" + AT_ONCE)
                    .at(0, 91)
                    .at(9.999, 92)
                    .at(10, 93)
                    .at(11, 90);

            assertEquals(List.of("above 10..11 peak 93 of 93 count 1"), feeder.opened());
        }

        @Test
        void oneGoodReadingBetweenThemBeginsTheDelayAnew() {
            Feeder feeder = new Feeder("above: 90, for: 10s")
                    .at(0, 91)
                    .at(9, 90)
                    .at(10, 91)
                    .at(19.999, 91);
            assertEquals(List.of(), feeder.opened());

            assertEquals(
                    List.of("above 20.. peak 91 of 91 count 1"),
                    feeder.at(20, 91).opened());
        }

        @Test
        void whileItIsPendingTheBandOfHysteresisIsGood() {
            Feeder feeder = new Feeder("above: 90, clearBelow: 80, for: 10s")
                    .at(0, 91)
                    .at(5, 85)
                    .at(10, 91);

            assertEquals(List.of(), feeder.opened());
        }

        @Test
        void closesWhenItWasClearForAsLong() {
            Feeder feeder = new Feeder("above: 90, for: 10s" + AT_ONCE)
                    .at(0, 91)
                    .at(10, 91)
                    .at(11, 90)
                    .at(20.999, 90)
                    .at(21, 90)
                    .at(22, 91);

            assertEquals(List.of("above 10..21 peak 91 of 91 count 1"), feeder.opened());
        }

        @Test
        void aBreachBeginsTheOffDelayAnewAndSoDoesTheBand() {
            Feeder feeder = new Feeder("above: 90, clearBelow: 85, clearFor: 10s" + AT_ONCE)
                    .at(0, 91)
                    .at(1, 80)
                    .at(10, 91)
                    .at(11, 80)
                    .at(20, 85)
                    .at(21, 80)
                    .at(30.999, 80);
            assertEquals(List.of("above 0.. peak 91 of 91 count 2"), feeder.opened());

            assertEquals(
                    List.of("above 0..31 peak 91 of 91 count 2"),
                    feeder.at(31, 80).opened());
        }

        @Test
        void oneReadingADayIsEnough() {
            double day = 86_400;
            Feeder feeder = new Feeder("above: 90, for: 10s" + AT_ONCE)
                    .at(0, 91)
                    .at(day, 92)
                    .at(2 * day, 50)
                    .at(3 * day, 50);

            assertEquals(List.of("above 86400..259200 peak 92 of 92 count 1"), feeder.opened());
        }
    }

    @Nested
    class RefractoryTime {

        @Test
        void noOtherOpensWithinItFromTheOpeningOn() {
            Feeder feeder = new Feeder("above: 90, refractory: 60s")
                    .at(0, 94)
                    .at(1, 80)
                    .at(2, 94)
                    .at(59.999, 95)
                    .at(60, 91);

            assertEquals(
                    List.of("above 0..1 peak 94 of 94 count 1", "above 60.. peak 91 of 91 count 1"), feeder.opened());
        }

        @Test
        void oneThatGoesClearlyFurtherOpensNevertheless() {
            Feeder feeder = new Feeder("above: 90, refractory: 60s, refire: 25%")
                    .at(0, 92)
                    .at(1, 94)
                    .at(2, 80)
                    .at(3, 95)
                    .at(4, Math.nextUp(95.0));

            // the last peak was 4 beyond the limit, so more than 5 beyond it counts
            assertEquals(
                    List.of(
                            "above 0..2 peak 94 of 92 count 2",
                            "above 4.. peak " + Math.nextUp(95.0) + " of " + Math.nextUp(95.0) + " count 1"),
                    feeder.opened());
        }

        @Test
        void downwardsFurtherIsLess() {
            Feeder feeder = new Feeder("below: 10, refractory: 60s")
                    .at(0, 6)
                    .at(1, 11)
                    .at(2, 5)
                    .at(3, 11)
                    .at(4, 4.5);

            assertEquals(
                    List.of("below 0..1 peak 6 of 6 count 1", "below 4.. peak 4.5 of 4.5 count 1"), feeder.opened());
        }

        @Test
        void aLevelThatStaysBadOpensOnceItIsOver() {
            Feeder feeder = new Feeder("above: 90, for: 5s, clearFor: 0s, refractory: 60s")
                    .at(0, 91)
                    .at(5, 91)
                    .at(6, 80)
                    .at(7, 91)
                    .at(64, 91)
                    .at(65, 91);

            assertEquals(
                    List.of("above 5..6 peak 91 of 91 count 1", "above 65.. peak 91 of 91 count 1"), feeder.opened());
        }

        @Test
        void isOfOneConditionAlone() {
            Feeder feeder = new Feeder("above: 90, below: 10")
                    .at(0, 91)
                    .at(1, 5)
                    .at(2, 50)
                    .at(3, 91);

            assertEquals(
                    List.of("above 0..1 peak 91 of 91 count 1", "below 1..2 peak 5 of 5 count 1"), feeder.opened());
        }
    }

    @Nested
    class Rates {

        @Test
        void aChangeIsHeldAgainstTheTimeBetweenTheTwoReadings() {
            Feeder feeder = new Feeder("rateAbove: 6 per minute" + AT_ONCE)
                    .at(0, 0)
                    .at(10, 1)
                    .at(20, 2.5)
                    .at(30, 1.5)
                    .at(40, -0.5);

            assertEquals(
                    List.of("rate 20..30 peak 9 of 2.5 count 1", "rate 40.. peak 12 of -0.5 count 1"), feeder.opened());
        }

        @Test
        void readingsFarApartAreHeldAgainstAllTheTimeBetween() {
            Feeder feeder =
                    new Feeder("rateAbove: 1 per hour").at(0, 0).at(86_400, 24).at(2 * 86_400, 48.1);

            assertEquals(1, feeder.opened().size());
            assertTrue(feeder.opened().getFirst().startsWith("rate 172800.."), feeder.opened()::toString);
        }

        @Test
        void theFirstReadingHasNoRate() {
            assertEquals(
                    List.of(), new Feeder("rateAbove: 1 per second").at(0, 1e9).opened());
        }

        @Test
        void aTextBetweenThemChangesNothing() {
            Feeder feeder = new Feeder("rateAbove: 6 per minute")
                    .at(0, 0)
                    .at(5, "RUNNING")
                    .at(10, 1.5);

            assertEquals(List.of("rate 10.. peak 9 of 1.5 count 1"), feeder.opened());
        }
    }

    @Nested
    class FlatLines {

        @Test
        void opensWhenTheVerySameValueHasLasted() {
            Feeder feeder = new Feeder("flatFor: 10s" + AT_ONCE)
                    .at(0, 5)
                    .at(1, 7)
                    .at(10.999, 7)
                    .at(11, 7)
                    .at(13, 7)
                    .at(14, Math.nextUp(7.0));

            assertEquals(List.of("flat 11..14 peak 12 of 7 count 2"), feeder.opened());
        }

        @Test
        void zeroIsZeroWithEitherSign() {
            assertEquals(
                    List.of("flat 10.. peak 10 of 0 count 1"),
                    new Feeder("flatFor: 10s").at(0, 0.0).at(10, -0.0).opened());
        }
    }

    @Nested
    class Silences {

        @Test
        void opensAtTheLastArrivalAndTheTimeHoweverLateItIsNoticed() {
            Feeder feeder = new Feeder("silentFor: 10s").at(0, 1).pass(9.999);
            assertEquals(List.of(), feeder.opened());

            assertEquals(
                    List.of("silent 10.. peak 10 of 0 count 0"),
                    feeder.pass(500).opened());
            assertEquals(
                    List.of("silent 10..600 peak 600 of 0 count 0"),
                    feeder.at(600, 1).opened());
        }

        @Test
        void isNoticedByTheArrivalThatEndsItToo() {
            Feeder feeder = new Feeder("silentFor: 10s" + AT_ONCE)
                    .at(0, 1)
                    .at(9.999, 1)
                    .at(19.999, 1)
                    .at(29.998, 1);

            assertEquals(List.of("silent 19.999..19.999 peak 10 of 0 count 0"), feeder.opened());
        }

        @Test
        void countsByArrivalNotByTheTimeOfTheReading() {
            Feeder feeder = new Feeder("silentFor: 10s")
                    .at(-1_000_000, 0, 1)
                    .at(-999_000, 5, 1)
                    .pass(14.9);

            assertEquals(List.of(), feeder.opened());
            assertEquals(
                    List.of("silent 15.. peak 10 of 0 count 0"), feeder.pass(15).opened());
            Anomaly anomaly = feeder.found().opened().getFirst().anomaly();
            assertEquals(anomaly.openedAt(), anomaly.arrivedAt());
        }

        @Test
        void aTextIsASignOfLife() {
            assertEquals(
                    List.of(),
                    new Feeder("silentFor: 10s")
                            .at(0, 1)
                            .at(9, "RUNNING")
                            .pass(18)
                            .opened());
        }

        @Test
        void aValueThatIsNotFedIsNoSignOfLife() {
            Feeder feeder = new Feeder("silentFor: 10s")
                    .at(5, 5, 1)
                    .at(5, 9, 1)
                    .at(4, 14, 1)
                    .pass(15);

            assertEquals(List.of("silent 15.. peak 10 of 0 count 0"), feeder.opened());
        }

        @Test
        void arrivalsThatSeemToGoBackDoNot() {
            Feeder feeder = new Feeder("silentFor: 10s").at(0, 100, 1).at(1, 50, 1);

            assertEquals(OptionalLong.of(Feeder.micros(110)), feeder.series().dueAt());
        }

        @Test
        void tellsWhenItMustBeLookedAt() {
            Feeder feeder = new Feeder("silentFor: 10s, alertsPerHour: 0").at(0, 1);
            assertEquals(OptionalLong.of(Feeder.micros(10)), feeder.series().dueAt());
            assertTrue(feeder.series().isWatched());

            feeder.pass(10);
            assertEquals(OptionalLong.empty(), feeder.series().dueAt());
            assertTrue(feeder.series().isWatched(), "an anomaly is open");
        }

        @Test
        void withinTheRefractoryTimeItOpensWhenThatIsOver() {
            Feeder feeder = new Feeder("silentFor: 10s, refractory: 60s")
                    .at(0, 1)
                    .pass(10)
                    .at(12, 1);
            assertEquals(OptionalLong.of(Feeder.micros(70)), feeder.series().dueAt());

            assertEquals(
                    List.of("silent 10..12 peak 12 of 0 count 0", "silent 70.. peak 58 of 0 count 0"),
                    feeder.pass(1_000).opened());
        }

        @Test
        void aSeriesThatWasSilentBeforeTheRuleCameIsNoNews() {
            Feeder feeder =
                    new Feeder("above: 90").at(0, 1).rules("silentFor: 10s").pass(1_000);

            assertEquals(List.of(), feeder.opened());
            assertEquals(
                    List.of("silent 2010.. peak 10 of 0 count 0"),
                    feeder.at(2_000, 1).pass(3_000).opened());
        }
    }

    @Nested
    class Deviations {

        private Feeder noisy(String rule) {
            Feeder feeder = new Feeder(rule);
            // 1, 2, 3, 4, 5, 1, 2, …: the median is 3, the median deviation 1
            for (int i = 0; i < 10; i++) {
                feeder.at(i, 1 + i % 5);
            }
            return feeder;
        }

        @Test
        void opensBeyondSoManyRobustStandardDeviationsFromTheMedian() {
            double limit = 3 + 4 * 1.4826;

            assertEquals(
                    List.of(),
                    noisy("deviates: {by: 4, window: 10}").at(10, limit - 1e-9).opened());
            assertEquals(
                    1,
                    noisy("deviates: {by: 4, window: 10}")
                            .at(10, limit + 1e-9)
                            .opened()
                            .size());
            assertEquals(
                    1,
                    noisy("deviates: {by: 4, window: 10}")
                            .at(10, 6 - limit - 1e-9)
                            .opened()
                            .size());
        }

        @Test
        void isSilentUntilTheWindowIsFull() {
            Feeder feeder = new Feeder("deviates: {by: 4, window: 11}");
            for (int i = 0; i < 10; i++) {
                feeder.at(i, 1 + i % 5);
            }

            assertEquals(List.of(), feeder.at(10, 1e6).opened());
        }

        @Test
        void aNewLevelIsTheNormalOneAfterAWhile() {
            Feeder feeder = noisy("deviates: {by: 4, window: 10}");
            for (int i = 10; i < 30; i++) {
                feeder.at(i, 101 + i % 5);
            }

            assertEquals(1, feeder.opened().size());
            assertTrue(feeder.opened().getFirst().startsWith("deviates 10..15 "), feeder.opened()::toString);
        }

        @Test
        void ofAConstantSeriesNoDeviationIsKnown() {
            Feeder feeder = new Feeder("deviates: {by: 4, window: 10}");
            for (int i = 0; i < 50; i++) {
                feeder.at(i, 21.5);
            }

            assertEquals(List.of(), feeder.at(50, 22).opened());
        }

        @Test
        void whereMostAreEqualTheOthersTellWhatIsUsual() {
            Feeder feeder = new Feeder("deviates: {by: 4, window: 10}");
            for (int i = 0; i < 50; i++) {
                feeder.at(i, i % 7 == 0 ? 22 : 21);
            }

            assertEquals(List.of(), feeder.at(50, 22).at(51, 20).opened());
            assertEquals(1, feeder.at(52, 40).opened().size());
        }
    }

    @Nested
    class UnusualValues {

        @Test
        void aJumpOpensAndStaysOpenForTheOffDelay() {
            Feeder feeder = new Feeder("unusual: true, clearFor: 10m, refractory: 0s");
            for (int i = 0; i < 4_000; i++) {
                feeder.at(i * 300.0, 20 + Math.sin(i / 10.0) + (i * 7919 % 100) / 200.0);
            }
            feeder.commit();
            for (int i = 4_000; i < 4_010; i++) {
                feeder.at(i * 300.0, 500);
            }

            // closed by the reading at which it had been over for ten minutes; the detector holds its peace meanwhile
            assertEquals(1, feeder.opened().size());
            assertTrue(feeder.opened().getFirst().startsWith("unusual 1200000..1200900 "), feeder.opened()::toString);
        }

        @Test
        void aConstantSeriesIsNotUnusual() {
            Feeder feeder = new Feeder("unusual: true");
            for (int i = 0; i < 2_000; i++) {
                feeder.at(i, 7);
            }

            assertEquals(List.of(), feeder.opened());
        }
    }

    @Nested
    class States {

        @Test
        void opensWithOneOfTheTextsAndClosesWithAnother() {
            Feeder feeder = new Feeder("state: [FAULT, ERROR]" + AT_ONCE)
                    .at(0, "RUNNING")
                    .at(1, "FAULT")
                    .at(2, "ERROR")
                    .at(3, 12.5)
                    .at(4, "fault");

            assertEquals(List.of("state 1..4 peak 0 of 0 count 2"), feeder.opened());
            assertEquals(
                    Optional.of("FAULT"),
                    feeder.found().opened().getFirst().anomaly().text());
            assertEquals(
                    "m is FAULT", feeder.found().opened().getFirst().anomaly().message());
        }

        @Test
        void mayHaveToLast() {
            Feeder feeder = new Feeder("state: FAULT, for: 10s")
                    .at(0, "FAULT")
                    .at(9, "FAULT")
                    .at(10, "FAULT");

            assertEquals(List.of("state 10.. peak 0 of 0 count 1"), feeder.opened());
        }

        @Test
        void noStateIsWorseThanAnother() {
            Feeder feeder = new Feeder("state: [FAULT, ERROR]")
                    .at(0, "FAULT")
                    .at(1, "RUNNING")
                    .at(2, "ERROR");

            assertEquals(1, feeder.opened().size());
        }
    }

    @Nested
    class Batches {

        @Test
        void whatComesLateOrAgainIsNotFed() {
            Feeder feeder = new Feeder("above: 90").at(10, 50);

            assertFalse(feeder.feed(10, 11, new Measurement.Numeric("m", 99)));
            assertFalse(feeder.feed(9, 12, new Measurement.Numeric("m", 99)));
            assertTrue(feeder.feed(10.000001, 13, new Measurement.Numeric("m", 50)));
            assertTrue(feeder.found().isEmpty());
        }

        @Test
        void theEndOfWhatAnEarlierBatchOpenedIsAChange() {
            Feeder feeder = new Feeder("above: 90").at(1, 91).at(2, 95);
            UUID id = feeder.found().opened().getFirst().anomaly().id();
            assertEquals(
                    List.of(new Detection.Changed(
                            id,
                            Feeder.SERIES,
                            ConditionKind.ABOVE,
                            Optional.empty(),
                            new Course(OptionalLong.empty(), Feeder.micros(2), 95, 2, 1))),
                    feeder.series().open(Feeder.SERIES));

            feeder.handOver().at(3, 93).at(4, 4.5, 90);

            assertEquals(List.of(), feeder.opened());
            assertEquals(
                    List.of(new Detection.Changed(
                            id,
                            Feeder.SERIES,
                            ConditionKind.ABOVE,
                            Optional.of(Severity.WARNING),
                            new Course(OptionalLong.of(Feeder.micros(4)), Feeder.micros(4.5), 95, 3, 2))),
                    feeder.found().changed());
            assertEquals(List.of(), feeder.series().open(Feeder.SERIES));
            assertFalse(feeder.series().isWatched());
        }

        @Test
        void aCopyGoesItsOwnWay() {
            Feeder feeder = new Feeder(
                    "above: 90, deviates: {by: 4, window: 10}, flatFor: 5s, rateAbove: 1 per second, unusual: true");
            for (int i = 0; i < 20; i++) {
                feeder.at(i, i % 3);
            }
            byte[] before = feeder.series().encode();
            Series copy = feeder.series().copy();

            feeder.at(20, 95).at(21, 95);

            assertEquals(List.of(), copy.open(Feeder.SERIES));
            assertTrue(java.util.Arrays.equals(before, copy.encode()));
        }

        @Test
        void knowsWhatItIsToldOfAnAnomaly() {
            Feeder feeder = new Feeder("above: 1")
                    .rules(Feeder.rules(
                            7,
                            "{name: hot, severity: critical, metric: m, above: 90, alertsPerHour: 3, message: Run}"));
            feeder.at(1, 2, 91);

            assertEquals(
                    new Detection.Opened(
                            new Anomaly(
                                    Anomaly.idOf("hot", ConditionKind.ABOVE, Feeder.SERIES, Feeder.micros(1)),
                                    Feeder.SERIES,
                                    "hot",
                                    7,
                                    ConditionKind.ABOVE,
                                    Severity.CRITICAL,
                                    "Run",
                                    3,
                                    Feeder.micros(1),
                                    Feeder.micros(2),
                                    91,
                                    Optional.empty()),
                            new Course(OptionalLong.empty(), Feeder.micros(2), 91, 1, 1)),
                    feeder.found().opened().getFirst());
        }

        @Test
        void anIdDependsOnRuleConditionSeriesAndOpeningAlone() {
            UUID id = Anomaly.idOf(
                    "high", ConditionKind.ABOVE, new SeriesId("oven-1", "temperature"), 1_764_849_600_000_000L);

            assertEquals(8, id.version());
            assertEquals(2, id.variant());
            // made apart from this code: sha256 over 4-byte lengths and texts, then the 8-byte microseconds
            assertEquals("0dfc0168-d653-87d9-8c62-b79da7e0e9e4", id.toString());
            assertFalse(id.equals(Anomaly.idOf(
                    "high", ConditionKind.BELOW, new SeriesId("oven-1", "temperature"), 1_764_849_600_000_000L)));
            assertFalse(Anomaly.idOf("r", ConditionKind.FLAT, new SeriesId("a", "bc"), 1)
                    .equals(Anomaly.idOf("r", ConditionKind.FLAT, new SeriesId("ab", "c"), 1)));
        }
    }

    @Nested
    class OtherRules {

        private Feeder open() {
            return new Feeder("above: 90" + AT_ONCE).at(1, 95).commit();
        }

        @Test
        void anotherLimitJudgesTheNextValue() {
            assertEquals(
                    List.of(), open().rules("above: 94" + AT_ONCE).at(2, 95).changed());
            assertEquals(
                    List.of("..2 peak 95 count 1"),
                    open().rules("above: 96" + AT_ONCE).at(2, 95).changed());
        }

        @Test
        void anotherMessageKeepsTheAnomaly() {
            Feeder feeder = open().rules("above: 90, message: Hot, alertsPerHour: 0, refire: 1%")
                    .pass(2)
                    .at(3, 95);

            assertTrue(feeder.found().isEmpty());
            assertEquals(1, feeder.series().open(Feeder.SERIES).size());
        }

        @Test
        void aRuleThatIsGoneEndsItsAnomalyWithTheNextValueOrAsTimePasses() {
            assertEquals(
                    List.of("..2 peak 95 count 1"),
                    open().rules("below: 10").at(2, 95).changed());
            assertEquals(
                    List.of("..1 peak 95 count 1"),
                    open().rules("below: 10").pass(2).changed());
            assertEquals(
                    List.of("..2 peak 95 count 1"),
                    open().rules("below: 10").at(2, "BROKEN").changed());
        }

        @Test
        void aRuleWithAnotherNameIsAnotherRule() {
            Feeder feeder = open().rules(Feeder.rules(2, "{name: other, severity: info, metric: m, above: 90}"))
                    .at(2, 96);

            assertEquals(List.of("..2 peak 95 count 1"), feeder.changed());
            assertEquals(List.of("above 2.. peak 96 of 96 count 1"), feeder.opened());
        }

        @Test
        void aRuleThatIsForOtherSensorsNowIsGone() {
            assertEquals(
                    List.of("..2 peak 95 count 1"),
                    open().rules("above: 90, sensors: press-*").at(2, 95).changed());
        }

        /** It is silent for ever, so nothing but time and rules can close what it has open. */
        @Test
        void aSensorOutOfServiceHasNothingOpenAndNothingToCome() {
            String both = "{name: r, severity: info, metric: m, above: 90, silentFor: 30s, refractory: 0s}";
            Feeder feeder = new Feeder("above: 90, silentFor: 30s" + AT_ONCE)
                    .at(1, 95)
                    .pass(40)
                    .commit();
            assertEquals(2, feeder.series().open(Feeder.SERIES).size());

            feeder.rules(Feeder.rules(2, List.of("oven-1", "press-*"), both))
                    .handOver()
                    .pass(50);
            assertEquals(List.of("..1 peak 95 count 1", "..50 peak 30 count 0"), feeder.changed());
            assertFalse(feeder.series().isWatched());
            assertTrue(feeder.commit().at(60, 99).pass(100).found().isEmpty());

            // it is back: what was before is no news
            assertTrue(feeder.rules(Feeder.rules(3, List.of("press-*"), both))
                    .pass(110)
                    .found()
                    .isEmpty());
            feeder.at(120, 95).pass(150);
            assertEquals(
                    List.of("above 120.. peak 95 of 95 count 1", "silent 150.. peak 30 of 0 count 0"), feeder.opened());
        }

        @Test
        void aSensorThatAPatternNoLongerNamesIsGoneAsTimePasses() {
            Feeder feeder = new Feeder("silentFor: 30s" + AT_ONCE)
                    .at(1, 95)
                    .pass(40)
                    .commit()
                    .rules("silentFor: 30s, sensors: press-*")
                    .pass(50);

            assertEquals(List.of("..50 peak 30 count 0"), feeder.changed());
        }

        @Test
        void anotherWindowBeginsAnew() {
            Feeder feeder = new Feeder("deviates: {by: 4, window: 10}");
            for (int i = 0; i < 10; i++) {
                feeder.at(i, i % 5);
            }
            feeder.at(10, 100).commit().rules("deviates: {by: 4, window: 20}").at(11, 100);

            assertEquals(1, feeder.changed().size());
            assertEquals(List.of(), feeder.opened());
        }

        @Test
        void whatWasLearntUnderOneRuleSetGoesOnUnderAnotherAlsoAfterAHandOver() {
            Feeder feeder = new Feeder("flatFor: 10s")
                    .at(0, 7)
                    .at(5, 7)
                    .handOver()
                    .rules("flatFor: 20s")
                    .at(20, 7);

            assertEquals(List.of("flat 20.. peak 20 of 7 count 1"), feeder.opened());
        }

        @Test
        void aShorterSilenceOpensFromTheSameArrival() {
            Feeder feeder = new Feeder("silentFor: 1h")
                    .at(0, 1)
                    .handOver()
                    .rules("silentFor: 10s")
                    .pass(60);

            assertEquals(List.of("silent 10.. peak 10 of 0 count 0"), feeder.opened());
        }
    }
}
