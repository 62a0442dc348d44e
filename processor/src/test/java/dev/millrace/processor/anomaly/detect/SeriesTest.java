package dev.millrace.processor.anomaly.detect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SeriesTest {

    private static final String ALL_KINDS =
            "above: 90, below: -90, rateAbove: 1 per second, flatFor: 10s, silentFor: 1m, deviates: {by: 6}, unusual: true, state: FAULT";

    private static Feeder fed() {
        Feeder feeder = new Feeder(ALL_KINDS);
        for (int i = 0; i < 500; i++) {
            feeder.at(i, i % 7);
        }
        return feeder.at(500, "FAULT").at(501, 95);
    }

    @Test
    void aFreshOneHasSeenNothing() {
        Series series = Series.decode(Series.fresh().encode());

        assertEquals(Long.MIN_VALUE, series.lastAt());
        assertEquals(OptionalLong.empty(), series.dueAt());
        assertFalse(series.isWatched());
    }

    @Test
    void ofOneThatWasKnownBeforeOnlyLaterValuesAreFed() {
        Series series = Series.decode(Series.since(Feeder.micros(10)).encode());
        Detector detector = new Detector(Feeder.rule(ALL_KINDS));
        Detection found = new Detection();

        assertFalse(detector.feed(
                Feeder.SERIES, series, Feeder.micros(10), Feeder.micros(20), new Measurement.Numeric("m", 99), found));
        detector.pass(Feeder.SERIES, series, Feeder.micros(1_000_000), found);
        assertTrue(found.isEmpty());
        assertTrue(detector.feed(
                Feeder.SERIES, series, Feeder.micros(11), Feeder.micros(20), new Measurement.Numeric("m", 99), found));
        assertEquals(1, found.opened().size());
    }

    @Test
    void itsBytesHoldAllOfIt() {
        Series series = fed().series();
        Series other = Series.decode(series.encode());

        assertArrayEquals(series.encode(), other.encode());
        assertEquals(series.lastAt(), other.lastAt());
        assertEquals(series.dueAt(), other.dueAt());
        assertEquals(series.open(Feeder.SERIES), other.open(Feeder.SERIES));
        assertTrue(other.isWatched());
    }

    @Test
    void limitsTakeNoBytesAsLongAsNothingIsOpen() {
        assertEquals(20, new Feeder("above: 90, below: 10").at(0, 50).series().encode().length);
        assertTrue(new Feeder("above: 90, below: 10").at(0, 99).series().encode().length < 70);
    }

    @Test
    void theBytesOfEachKindAreBounded() {
        assertTrue(fed().series().encode().length < AdaptiveDetector.MAX_BYTES + 100 * Double.BYTES + 400);
    }

    @Test
    void bytesOfAnotherVersionAreRefused() {
        byte[] bytes = fed().series().encode();
        bytes[0] = 2;

        assertEquals(
                "state of a series of version 2",
                assertThrows(IllegalArgumentException.class, () -> Series.decode(bytes))
                        .getMessage());
    }

    @Test
    void bytesThatWereCutOrHaveMoreAreRefused() {
        byte[] bytes = fed().series().encode();

        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IllegalArgumentException.class, () -> Series.decode(cut), "cut at " + length);
        }
        assertThrows(IllegalArgumentException.class, () -> Series.decode(Arrays.copyOf(bytes, bytes.length + 1)));
    }
}
