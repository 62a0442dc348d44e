package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a publish may hold, and what becomes of one that holds something else. */
class PayloadVerticleTest extends MqttDoorFixture {

    private static final String TOPIC = "sensors/a";

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"t\":1,\"timestamp\":1}",
                "{\"sensorId\":\"a\",\"t\":1,\"timestamp\":1}",
                "{\"t\":1,\"timestamp\":1}\n",
                "  {\n  \"t\": 1,\n  \"timestamp\": 1\n}\n",
                "\n\t{ \"t\" : 1,\n\"timestamp\" : 1 }",
                "[{\"t\":1,\"timestamp\":1}]",
                "[\n{\"t\":1,\n\"timestamp\":1}\n]\n"
            })
    void takesOneReading(String payload) throws Exception {
        for (Version version : Version.values()) {
            RawMqtt client = enter(version, "c");
            client.publish(Publish.to(TOPIC).id(1).payload(payload));
            client.expect("PUBACK 1");
        }
        assertEquals(List.of("a@1", "a@1"), stored());
        assertEquals(List.of(), rejected());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"t\":1,\"timestamp\":1}\n{\"t\":2,\"timestamp\":2}\n{\"t\":3,\"timestamp\":3}",
                "{\"t\":1,\"timestamp\":1}\r\n{\"t\":2,\"timestamp\":2}\r\n\r\n{\"t\":3,\"timestamp\":3}\r\n",
                "\n{\"t\":1,\"timestamp\":1}\n\n{\"t\":2,\"timestamp\":2}\n{\"t\":3,\"timestamp\":3}\n",
                "[{\"t\":1,\"timestamp\":1},{\"t\":2,\"timestamp\":2},{\"t\":3,\"timestamp\":3}]",
                "[{\"t\":1,\"timestamp\":1},\n{\"t\":2,\"timestamp\":2},\n{\"t\":3,\"timestamp\":3}\n]"
            })
    void takesSeveralReadings(String payload) throws Exception {
        for (Version version : Version.values()) {
            RawMqtt client = enter(version, "c");
            client.publish(Publish.to(TOPIC).id(1).payload(payload));
            client.expect("PUBACK 1");
        }
        assertEquals(6, stored().size());
        assertEquals(readings("a", 1, 3), stored().subList(0, 3));
    }

    @Test
    void theContentTypeSaysWhatItIs() throws Exception {
        RawMqtt client = enter(Version.V5, "c");
        client.publish(
                Publish.to(TOPIC).id(1).contentType("application/json").payload("{\"t\":1,\n\"timestamp\":1}"),
                Publish.to(TOPIC).id(2).contentType("application/x-ndjson").payload("{\"t\":1,\n\"timestamp\":1}"),
                Publish.to(TOPIC).id(3).contentType("application/x-ndjson").payload("{\"t\":3,\"timestamp\":3}"),
                Publish.to(TOPIC)
                        .id(4)
                        .contentType("application/json")
                        .payload("{\"t\":1,\"timestamp\":1}\n{\"t\":2,\"timestamp\":2}"));

        assertEquals(List.of("PUBACK 1", "PUBACK 2 0x99", "PUBACK 3", "PUBACK 4 0x99"), client.read(4));
        assertEquals(List.of("a@1", "a@3"), stored());
    }

    @ParameterizedTest
    @CsvSource({"text/plain", "application/json; charset=utf-8", "APPLICATION/JSON", "x"})
    void anyOtherContentTypeKeepsNobodyOut(String type) throws Exception {
        RawMqtt client = enter(Version.V5, "c");
        client.publish(Publish.reading("a", 1).contentType(type));
        client.expect("PUBACK 1");
    }

    @Test
    void aReadingWithoutTimestampGetsThatOfItsReceipt() throws Exception {
        Instant before = Instant.now().minusMillis(1);
        RawMqtt client = enter(Version.V3, "c");
        client.publish(
                Publish.to(TOPIC).id(1).payload("{\"t\":1}"),
                Publish.to(TOPIC).id(2).payload("[{\"t\":1},{\"t\":2}]"));
        client.read(2);

        List<Instant> times = stream.lines().stream()
                .map(line -> Instant.parse(new JsonObject(line).getString("timestamp")))
                .toList();
        assertEquals(times.stream().sorted().distinct().toList(), times, "strictly rising");
        assertEquals(3, times.size());
        assertTrue(times.getFirst().isAfter(before));
        assertFalse(times.getLast().isAfter(Instant.now()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                              | malformed",
                "hello                         | malformed",
                "{                             | malformed",
                "{\"t\":1                      | malformed",
                "{\"t\":1}{                    | malformed",
                "{}                            | invalid-reading",
                "[]                            | invalid-reading",
                "42                            | invalid-reading",
                "null                          | invalid-reading",
                "{\"t\":null}                  | invalid-reading t",
                "{\"t\":[1]}                   | invalid-reading t",
                "{\"t\":{}}                    | invalid-reading t",
                "{\"t\":1,\"t\":2}             | invalid-reading t",
                "{\"t\":1e400}                 | invalid-reading t",
                "{\"t\":1,\"timestamp\":\"x\"} | invalid-reading timestamp",
                "{\"sensorId\":\"b\",\"t\":1}  | invalid-reading sensorId",
                "{\"sensorId\":7,\"t\":1}      | invalid-reading sensorId",
                "[{\"t\":null},{\"t\":null}]   | invalid-reading t",
            })
    void whatIsNoReadingIsRefusedToV5AndKeptInRejections(String text, String kept) throws Exception {
        String payload = text == null ? "" : text;
        RawMqtt five = enter(Version.V5, "five");
        RawMqtt three = enter(Version.V3, "three");

        five.publish(
                Publish.to(TOPIC).id(1).payload(payload),
                Publish.to(TOPIC).id(2).qos(2).payload(payload),
                Publish.to(TOPIC).qos(0).payload(payload));
        Answer answer = five.read();
        assertEquals("PUBACK 1 0x99", answer.brief());
        assertTrue(answer.reasonString().orElseThrow().length() > 5);
        five.expect("PUBREC 2 0x99");
        five.expectNothingYet();
        three.publish(
                Publish.to(TOPIC).id(1).payload(payload),
                Publish.to(TOPIC).id(2).qos(2).payload(payload),
                Publish.to(TOPIC).qos(0).payload(payload));
        assertEquals(List.of("PUBACK 1", "PUBREC 2"), three.read(2));
        three.expectNothingYet();

        assertEquals(List.of(), stored());
        // an array is refused item by item
        int items = payload.startsWith("[{") ? 2 : 1;
        List<String> rejected = rejected().stream()
                .map(one -> one.replaceAll("(invalid-reading|malformed)", "x"))
                .toList();
        assertEquals(6 * items, rejected.size(), rejected::toString);
        String shown = kept.replaceAll("(invalid-reading|malformed)", "x");
        assertEquals("three " + TOPIC + " " + shown, rejected.getFirst());
        assertEquals("five " + TOPIC + " " + shown, rejected.getLast());
        for (int qos = 0; qos <= 2; qos++) {
            assertEquals(2, published(qos, MqttMetrics.Publish.REJECTED));
        }
    }

    @ParameterizedTest
    @EnumSource
    void ofAMixedArrayTheGoodAreStoredAndTheRestIsKept(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(
                Publish.to(TOPIC)
                        .id(1)
                        .payload(
                                "[{\"t\":1,\"timestamp\":1},{\"t\":null},{\"t\":3,\"timestamp\":3},{\"sensorId\":\"b\",\"t\":1}]"));
        client.expect("PUBACK 1");
        client.publish(
                Publish.to(TOPIC).id(2).payload("{\"t\":4,\"timestamp\":4}\nnonsense\n{\"t\":5,\"timestamp\":5}\n"));
        client.expect("PUBACK 2");

        assertEquals(List.of("a@1", "a@3", "a@4", "a@5"), stored());
        assertEquals(3, rejected().size());
        assertEquals(
                List.of("c sensors/a invalid-reading sensorId", "c sensors/a invalid-reading t"),
                rejected().subList(1, 3));
    }

    @ParameterizedTest
    @EnumSource
    void aSyntaxErrorInAnArrayPublishesNothing(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.to(TOPIC).id(1).payload("[{\"t\":1,\"timestamp\":1},{\"t\":2,\"timestamp\":2}"));
        client.expect(version == Version.V5 ? "PUBACK 1 0x99" : "PUBACK 1");
        assertEquals(List.of(), stored());
        assertEquals(List.of("c sensors/a malformed"), rejected());
    }

    @ParameterizedTest
    @EnumSource
    void moreReadingsThanABodyMayHaveAreTooMany(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        String readings = IntStream.rangeClosed(1, 10_001)
                .mapToObj(n -> "{\"t\":" + n % 10 + "}")
                .collect(Collectors.joining(",", "[", "]"));
        client.publish(Publish.to(TOPIC).id(1).payload(readings));
        client.expect(version == Version.V5 ? "PUBACK 1 0x97" : "PUBACK 1");
        assertEquals(List.of(), stored());
        assertEquals(List.of("c sensors/a too-many"), rejected());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sensors",
                "sensors/",
                "/sensors/a",
                "sensors/a/b",
                "Sensors/a",
                "sensors//a",
                "sensors/a b",
                "sensors/ä",
                "$SYS/x",
                "a",
                "/",
                "sensors/\u0001"
            })
    void anotherTopicIsRefused(String topic) throws Exception {
        RawMqtt five = enter(Version.V5, "five");
        five.publish(
                Publish.to(topic).id(1).payload("{\"t\":1}"),
                Publish.to(topic).id(2).qos(2).payload("{\"t\":1}"),
                Publish.to(topic).qos(0).payload("{\"t\":1}"));
        Answer answer = five.read();
        assertEquals("PUBACK 1 0x90", answer.brief());
        assertTrue(answer.reasonString().isPresent());
        five.expect("PUBREC 2 0x90");
        five.expectNothingYet();
        RawMqtt three = enter(Version.V3, "three");
        three.publish(
                Publish.to(topic).id(1).payload("{\"t\":1}"),
                Publish.to(topic).id(2).qos(2).payload("{\"t\":1}"));
        assertEquals(List.of("PUBACK 1", "PUBREC 2"), three.read(2));

        assertEquals(List.of(), stored());
        assertEquals(5, rejected().size());
        assertEquals("three " + topic + " wrong-topic", rejected().getFirst());
    }

    @Test
    void sensorIdsMayHaveEverythingThatTheContractAllows() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        String longest = "x".repeat(128);
        client.publish(Publish.reading("A-z_0.9:b", 1), Publish.reading(longest, 2));
        assertEquals(List.of("PUBACK 1", "PUBACK 2"), client.read(2));
        client.publish(Publish.reading(longest + "x", 3));
        client.expect("PUBACK 3");
        assertEquals(List.of("A-z_0.9:b@1", longest + "@2"), stored());
        assertEquals(1, rejected().size());
    }

    @Test
    void aClientThatAskedForNoWordsGetsNone() throws Exception {
        RawMqtt client = dial(Version.V5)
                .enter(new Connect(Version.V5)
                        .clientId("c")
                        .property(new PacketBytes().u8(0x17).u8(0)));
        client.publish(
                Publish.to(TOPIC).id(1).payload("x"), Publish.to("x").id(2).payload("x"));
        for (int i = 0; i < 2; i++) {
            assertEquals(0, client.read().properties().size());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6, 10, 20, 60, 127, 129})
    void noAnswerIsLargerThanTheClientTakes(int largest) throws Exception {
        RawMqtt client = dial(Version.V5);
        client.send(new Connect(Version.V5)
                .clientId("c")
                .property(new PacketBytes().u8(0x27).u32(Math.max(largest, 30)))
                .bytes());
        Answer connack = client.read();
        assertTrue(connack.hex().replace(" ", "").length() / 2 + 1 <= Math.max(largest, 30), connack.hex());
        client.publish(Publish.to(TOPIC).id(1).payload("{\"" + "x".repeat(60) + "\":null}"));
        Answer answer = client.read();
        assertEquals("PUBACK 1 0x99", answer.brief());
        assertTrue(answer.hex().replace(" ", "").length() / 2 + 1 <= Math.max(largest, 30), answer.hex());
    }

    @Test
    void theRingKeepsTheLastThousandAndCountsAll() throws Exception {
        RawMqtt client = enter(Version.V3, "c");
        for (int i = 1; i <= 1_200; i += 100) {
            byte[][] packets = IntStream.range(i, i + 100)
                    .mapToObj(n ->
                            Publish.to("wrong/" + n).id(n).payload("secret").bytes(Version.V3))
                    .toArray(byte[][]::new);
            client.send(packets);
            client.read(100);
        }
        assertEquals(1_000, rejected().size());
        assertEquals("c wrong/1200 wrong-topic", rejected().getFirst());
        assertEquals("c wrong/201 wrong-topic", rejected().getLast());
        JsonObject json = new JsonObject(rejections.toJson());
        assertEquals(1_200, json.getInteger("total"));
        JsonObject newest = json.getJsonArray("rejections").getJsonObject(0);
        assertFalse(Instant.parse(newest.getString("at")).isAfter(Instant.now()));
        assertFalse(newest.getString("detail").isEmpty());
        assertFalse(rejections.toJson().contains("secret"));
    }

    @Test
    void namesThatBreakJsonOrUtf8BreakNothing() throws Exception {
        RawMqtt client = dial(Version.V5).enter(new Connect(Version.V5).clientId("\"}\u2028\ud83d\ude00<script>"));
        client.publish(
                Publish.to(TOPIC).id(1).payload("{\"\\u0000\\n\\ud800\":1}"),
                Publish.to(TOPIC).id(2).payload("{\"ä\u2028\ud83d\ude00\":1}"),
                Publish.to("\"}\ud83d\ude00\u2028").id(3).payload("x"),
                Publish.to(TOPIC).id(4).payload("{\"t\":\"".getBytes(StandardCharsets.UTF_16)));
        for (int i = 1; i <= 4; i++) {
            assertEquals(i == 3 ? 0x90 : 0x99, client.read().reason());
        }
        assertEquals(4, rejected().size());
    }
}
