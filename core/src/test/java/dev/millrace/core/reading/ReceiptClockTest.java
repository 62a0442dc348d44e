package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class ReceiptClockTest {

    @Test
    void neverGivesOneTimeTwice() {
        Instant now = Instant.parse("2025-12-04T12:00:00.123456789Z");
        ReceiptClock clock = new ReceiptClock(Clock.fixed(now, ZoneOffset.UTC));

        assertEquals(1_764_849_600_123_456L, clock.now());
        assertEquals(1_764_849_600_123_456L, clock.next());
        assertEquals(1_764_849_600_123_457L, clock.next());
        assertEquals(1_764_849_600_123_456L, clock.now());
    }
}
