package dev.millrace.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTimestampTest {

    @ParameterizedTest
    @CsvSource({
        "2013-12-02 21:15:00, 2013-12-02T21:15:00Z",
        "2013-12-02T21:15:00, 2013-12-02T21:15:00Z",
        "2013-12-02 21:15, 2013-12-02T21:15:00Z",
        "2013-12-02 21:15:00.25, 2013-12-02T21:15:00.250Z",
        "2013-12-02T21:15:00Z, 2013-12-02T21:15:00Z",
        "2013-12-02t21:15:00z, 2013-12-02T21:15:00Z",
        "2013-12-02 21:15:00+01:00, 2013-12-02T20:15:00Z",
        "2013-12-02T21:15:00.123456-05:30, 2013-12-03T02:45:00.123456Z",
        "1386018900000, 2013-12-02T21:15:00Z",
        "1386018900123, 2013-12-02T21:15:00.123Z",
        "0, 1970-01-01T00:00:00Z",
        "-1, 1969-12-31T23:59:59.999Z",
        "2012-02-29 00:00:00, 2012-02-29T00:00:00Z"
    })
    void readsEveryWayToWriteATimestamp(String text, Instant instant) {
        assertEquals(Optional.of(instant), CsvTimestamp.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "now",
                "2013-12-02",
                "21:15:00",
                "2013-02-29 00:00:00",
                "2013-12-02 24:00:00",
                "2013-12-02 21:60:00",
                "2013-12-02  21:15:00",
                "2013-12-02 21:15:00 UTC",
                "2013-12-02 21:15:00+25:00",
                "02.12.2013 21:15",
                "12013-12-02 21:15:00",
                "1e12",
                "1386018900000.5",
                "999999999999999",
                "99999999999999999999"
            })
    void refusesTheRest(String text) {
        assertEquals(Optional.empty(), CsvTimestamp.parse(text));
    }
}
