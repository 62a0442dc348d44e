package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are sent for one sensor. */
class TopicSensorTest {

    private static final String NO = "sensorId The field must be the topic's sensor";

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000})
    void aReadingThatNamesNoSensorIsOfTheTopics(int piece) {
        assertEquals(List.of("a 1"), items(BodyFormat.JSON, "{\"t\":1}", "a", piece));
        assertEquals(List.of("a 1"), items(BodyFormat.JSON, "{\"t\":1,\"sensorId\":\"a\"}", "a", piece));
        assertEquals(
                List.of("a 1", NO, "a 3"),
                items(
                        BodyFormat.JSON,
                        "[{\"t\":1},{\"t\":2,\"sensorId\":\"b\"},{\"sensorId\":\"a\",\"t\":3}]",
                        "a",
                        piece));
        assertEquals(
                List.of("a 1", NO, "a 3"),
                items(
                        BodyFormat.NDJSON,
                        "{\"t\":1}\n{\"sensorId\":\"A\",\"t\":2}\n{\"sensorId\":\"a\",\"t\":3}",
                        "a",
                        piece));
    }

    /** What the field itself must be is told before whether it is the right one. */
    @Test
    void aSensorThatIsNoneIsRefusedAsWithoutATopic() {
        assertEquals(
                List.of("sensorId The field must be a string"),
                items(BodyFormat.JSON, "{\"sensorId\":null,\"t\":1}", "a", 100));
        assertEquals(
                List.of("sensorId The field must have 1 to 128 characters of A-Z a-z 0-9 . _ : -"),
                items(BodyFormat.JSON, "{\"sensorId\":\"a b\",\"t\":1}", "a", 100));
        assertEquals(
                List.of("sensorId The name occurs twice"),
                items(BodyFormat.JSON, "{\"sensorId\":\"a\",\"sensorId\":\"a\",\"t\":1}", "a", 100));
        assertEquals(List.of(" A reading must have at least one measurement"), items(BodyFormat.JSON, "{}", "a", 100));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "\u00e9"})
    void aTopicThatIsNoSensorIsTheCallersMistake(String sensorId) {
        assertThrows(IllegalArgumentException.class, () -> items(BodyFormat.JSON, "{}", sensorId, 1));
    }

    private List<String> items(BodyFormat format, String body, String sensorId, int piece) {
        List<String> items = new ArrayList<>();
        BodyDecoder stream = decoder.begin(format, Bodies.NOW, () -> 7, Optional.of(sensorId), new ReadingSink() {
            @Override
            public void accept(int index, Reading reading) {
                if (reading.measurements().getFirst() instanceof Measurement.Numeric(String _, double value)) {
                    items.add(reading.sensorId() + " " + (int) value);
                }
            }

            @Override
            public void reject(Rejection rejection) {
                items.add(rejection.field() + " " + rejection.detail());
            }
        });
        Bodies.feed(stream, Bodies.bytes(body), _ -> piece);
        stream.end();
        return items;
    }
}
