package dev.millrace.processor.anomaly.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import dev.millrace.processor.anomaly.rule.RuleSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/** G7: what is found depends on the stream alone, to the id, whatever happens to the process that reads it. */
class DetectionPropertiesTest {

    private static final SeriesId SERIES = Feeder.SERIES;

    /** Every kind, with and without delays, so close to the values that all of them open and close. */
    private static final List<RuleSet> RULES = List.of(
            Feeder.rules(
                    1,
                    "{name: a, severity: info, metric: '*', above: 8, clearBelow: 7, below: 1, for: 3s, clearFor: 2s, refractory: 5s}",
                    "{name: b, severity: info, metric: m, rateAbove: 4 per second, flatFor: 4s, refractory: 0s, state: [FAULT, ERROR]}",
                    "{name: c, severity: info, metric: m, silentFor: 4s, refractory: 3s, deviates: {by: 2, window: 10}}",
                    "{name: d, severity: info, metric: m, unusual: 0.1, clearFor: 3s, silentFor: 9s, refractory: 0s}"),
            Feeder.rules(
                    2,
                    "{name: b, severity: info, metric: m, rateAbove: 3 per second, flatFor: 3s, refractory: 1s, state: [FAULT]}",
                    "{name: a, severity: warning, metric: '*', above: 7, refractory: 5s, message: Other}",
                    "{name: c, severity: info, metric: m, silentFor: 3s, refractory: 3s, deviates: {by: 2, window: 12}}",
                    "{name: e, severity: info, metric: m, unusual: 0.1, below: 2, clearFor: 3s, refractory: 0s}"));

    /** Something that the stream tells of a series; equal ones are told again. */
    private sealed interface Event {
        record Value(long at, long arrivedAt, Measurement measurement) implements Event {}

        /** The rules change in the commit before the next value. */
        record Switch(int rules, long streamTime) implements Event {}
    }

    private static List<Event> stream(Random random) {
        List<Event> events = new ArrayList<>();
        double at = 0;
        double arrival = 0;
        double level = 4;
        int rules = 0;
        // at times long enough for the adaptive detector to have learnt
        int length = random.nextInt(25) == 0 ? 1_500 : 20 + random.nextInt(150);
        for (int i = length; i > 0; i--) {
            // mostly forward, at times late or the same instant again, at times after a pause
            at += random.nextInt(6) == 0 ? -random.nextInt(3) : random.nextInt(8) == 0 ? 5 : 0.25 * random.nextInt(7);
            arrival += random.nextInt(12) == 0 ? 4 * random.nextInt(4) : 0.5 * random.nextInt(3);
            if (random.nextInt(10) == 0) {
                level = random.nextInt(10);
            }
            Measurement measurement = random.nextInt(10) == 0
                    ? new Measurement.State("m", random.nextBoolean() ? "FAULT" : "RUNNING")
                    : new Measurement.Numeric("m", level + (random.nextInt(3) == 0 ? random.nextInt(5) - 2 : 0));
            events.add(new Event.Value(Feeder.micros(at), Feeder.micros(arrival), measurement));
            if (random.nextInt(length < 1_000 ? 40 : 1_000) == 0) {
                rules = 1 - rules;
                events.add(new Event.Switch(rules, Feeder.micros(arrival)));
            }
        }
        return events;
    }

    /** The rows that commits leave. */
    private static final class Rows {

        private final Map<UUID, Anomaly> anomalies = new TreeMap<>();
        private final Map<UUID, Course> courses = new TreeMap<>();

        void commit(Detection found) {
            for (Detection.Opened opened : found.opened()) {
                assertEquals(null, anomalies.put(opened.anomaly().id(), opened.anomaly()), "an id is used once");
                courses.put(opened.anomaly().id(), opened.course());
            }
            found.changed().forEach(this::change);
        }

        void change(Detection.Changed changed) {
            Course before = courses.get(changed.id());
            assertTrue(before != null && before.closedAt().isEmpty(), "what changes is open");
            assertTrue(changed.course().revision() >= before.revision());
            courses.put(changed.id(), changed.course());
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            anomalies.forEach((id, anomaly) ->
                    text.append(anomaly).append(' ').append(courses.get(id)).append('\n'));
            return text.toString();
        }
    }

    private static Rows straight(List<Event> events) {
        Rows rows = new Rows();
        Series series = Series.fresh();
        Detector detector = new Detector(RULES.get(0));
        Detection found = new Detection();
        long streamTime = Long.MIN_VALUE;
        for (Event event : events) {
            switch (event) {
                case Event.Value(long at, long arrivedAt, Measurement measurement) -> {
                    detector.feed(SERIES, series, at, arrivedAt, measurement, found);
                    streamTime = arrivedAt;
                }
                case Event.Switch(int rules, long time) -> {
                    detector.pass(SERIES, series, time, found);
                    detector = new Detector(RULES.get(rules));
                    detector.pass(SERIES, series, time, found);
                }
            }
        }
        detector.pass(SERIES, series, streamTime, found);
        rows.commit(found);
        series.open(SERIES).forEach(rows::change);
        return rows;
    }

    /**
     * A process that commits at random, loses what it did since the last commit, reads the stream again from an older snapshot,
     * is followed by another that has the bytes alone, and meets readings again that it knows.
     */
    private static final class Broken {

        private final List<Event> events;
        private final Random random;
        private final Rows rows = new Rows();
        private int committed;

        /** The stream time that was committed: of the last time that it was let pass. */
        private long committedTime = Long.MIN_VALUE;

        private int committedRules;
        private Series current = Series.fresh();
        private int rulesInForce;

        /** Bytes and the place up to which they hold everything. */
        private byte[] snapshot = Series.fresh().encode();

        private int snapshotAt;
        private int rollBacks;

        Broken(List<Event> events, Random random) {
            this.events = events;
            this.random = random;
        }

        Rows run() {
            while (committed < events.size()) {
                batch();
            }
            current.open(SERIES).forEach(rows::change);
            return rows;
        }

        private void batch() {
            Series series = current.copy();
            Detection found = new Detection();
            int rules = rulesInForce;
            long streamTime = committedTime;
            long passed = committedTime;
            int next = committed;
            int size = 1 + random.nextInt(8);
            boolean switched = false;
            while (next < events.size() && size-- > 0 && !switched) {
                switch (events.get(next)) {
                    case Event.Value value -> {
                        feed(new Detector(RULES.get(rules)), series, value, found);
                        streamTime = value.arrivedAt;
                        if (random.nextInt(10) == 0) {
                            repeat(next, new Detector(RULES.get(rules)), series, found);
                        }
                    }
                    case Event.Switch(int to, long time) -> {
                        new Detector(RULES.get(rules)).pass(SERIES, series, time, found);
                        rules = to;
                        new Detector(RULES.get(rules)).pass(SERIES, series, time, found);
                        switched = true;
                        passed = time;
                    }
                }
                next++;
            }
            if (random.nextBoolean() || next == events.size()) {
                new Detector(RULES.get(rules)).pass(SERIES, series, streamTime, found);
                passed = streamTime;
            }
            if (random.nextInt(4) == 0) {
                rollBacks++;
                if (random.nextBoolean()) {
                    takeOver();
                }
                return;
            }
            rows.commit(found);
            current = series;
            committed = next;
            committedTime = passed;
            rulesInForce = rules;
            committedRules = rules;
            if (switched || random.nextInt(5) == 0) {
                snapshot = current.encode();
                snapshotAt = committed;
                current.open(SERIES).forEach(rows::change);
            }
        }

        private void feed(Detector detector, Series series, Event.Value value, Detection found) {
            detector.feed(SERIES, series, value.at, value.arrivedAt, value.measurement, found);
        }

        /** Readings of before come again: their own gateway was not sure of them. */
        private void repeat(int until, Detector detector, Series series, Detection found) {
            for (int i = Math.max(0, until - 5); i <= until; i++) {
                if (events.get(i) instanceof Event.Value value) {
                    feed(detector, series, value, found);
                }
            }
        }

        /** Another process: the snapshot, then the stream from there up to the committed place; what that finds is known. */
        private void takeOver() {
            Series series = Series.decode(snapshot);
            Detector detector = new Detector(RULES.get(committedRules));
            Detection known = new Detection();
            for (int i = snapshotAt; i < committed; i++) {
                if (events.get(i) instanceof Event.Value value) {
                    feed(detector, series, value, known);
                }
            }
            if (committedTime != Long.MIN_VALUE) {
                detector.pass(SERIES, series, committedTime, known);
            }
            current = series;
        }
    }

    @Property(tries = 3_000)
    void neitherCutsNorCrashesNorRepetitionsChangeWhatIsFound(@ForAll long seed) {
        List<Event> events = stream(new Random(seed));

        Rows straight = straight(events);
        Broken broken = new Broken(events, new Random(seed ^ 0x5DEECE66DL));
        Rows rows = broken.run();

        assertEquals(straight.toString(), rows.toString());
        Statistics.label("rolled back").collect(broken.rollBacks > 0);
        for (Anomaly anomaly : rows.anomalies.values()) {
            Statistics.label("kinds").collect(anomaly.condition());
        }
        Statistics.label("kinds").coverage(coverage -> {
            for (ConditionKind kind : ConditionKind.values()) {
                coverage.check(kind).count(count -> count > 0);
            }
        });
    }

    @Property(tries = 1_000)
    void aSeriesRuleAndConditionHasOneAnomalyAfterTheOther(@ForAll long seed) {
        Map<String, List<Detection.Opened>> byCondition = new LinkedHashMap<>();
        Rows rows = straight(stream(new Random(seed)));
        rows.anomalies.forEach((id, anomaly) -> byCondition
                .computeIfAbsent(anomaly.rule() + anomaly.condition(), _ -> new ArrayList<>())
                .add(new Detection.Opened(anomaly, Objects.requireNonNull(rows.courses.get(id)))));

        for (List<Detection.Opened> ofOne : byCondition.values()) {
            ofOne.sort(Comparator.comparingLong(opened -> opened.anomaly().openedAt()));
            long free = Long.MIN_VALUE;
            for (Detection.Opened opened : ofOne) {
                assertTrue(opened.anomaly().openedAt() >= free, "the one before is closed");
                free = opened.course().closedAt().orElse(Long.MAX_VALUE);
                assertTrue(free >= opened.anomaly().openedAt());
            }
        }
    }

    @Property(tries = 500)
    void feedingAgainWhatASeriesHasSeenChangesNothing(@ForAll long seed) {
        Series series = Series.fresh();
        Detector detector = new Detector(RULES.get(0));
        List<Event> events = stream(new Random(seed));
        Detection first = new Detection();
        events.forEach(event -> feed(detector, series, event, first));
        byte[] before = series.encode();

        Detection second = new Detection();
        events.forEach(event -> feed(detector, series, event, second));

        assertTrue(second.isEmpty());
        assertTrue(Arrays.equals(before, series.encode()));
    }

    private static void feed(Detector detector, Series series, Event event, Detection found) {
        if (event instanceof Event.Value(long at, long arrivedAt, Measurement measurement)) {
            detector.feed(SERIES, series, at, arrivedAt, measurement, found);
        }
    }
}
