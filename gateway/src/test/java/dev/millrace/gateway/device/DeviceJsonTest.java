package dev.millrace.gateway.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.gateway.limit.Rate;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceJsonTest {

    private static JsonObject json(String text) {
        return DeviceJson.object(text.getBytes(StandardCharsets.UTF_8)).orElseThrow();
    }

    private static Device device(String text) throws InvalidDevice {
        return DeviceJson.device(json(text));
    }

    @Test
    void allButItsIdHasADefault() throws Exception {
        assertEquals(
                new Device(
                        "press-4",
                        "manufacturing-sensor",
                        List.of("press-4"),
                        true,
                        Optional.empty(),
                        Optional.empty(),
                        Map.of()),
                device("{\"id\": \"press-4\"}"));
    }

    @Test
    void whatItSaysIsWhatItIsAndIsWrittenAlike() throws Exception {
        String text = "{\"id\":\"g.1\",\"type\":\"factory-gateway\",\"sensors\":[\"a\",\"press-*\",\"*\"],"
                + "\"enabled\":false,\"rate\":{\"readingsPerSecond\":5,\"bytesPerSecond\":2147483647},"
                + "\"certificates\":[\"" + "0a".repeat(32) + "\"],\"labels\":{\"hall\":\"3 \u00e4\"}}";
        Device device = device(text);

        assertEquals(Optional.of(new Rate(5, Integer.MAX_VALUE)), device.rate());
        assertEquals(List.of("a", "press-*", "*"), device.sensors());
        assertEquals(text, DeviceJson.json(device).encode());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{}; id",
                "{'id': null}; id",
                "{'id': 5}; id",
                "{'id': ''}; id",
                "{'id': '-a'}; id",
                "{'id': 'a/b'}; id",
                "{'id': 'a:b'}; id",
                "{'id': '..'}; id",
                "{'id': 'a\u00e4'}; id",
                "{'id': 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}; id",
                "{'id': 'a', 'type': 'a b'}; type",
                "{'id': 'a', 'sensors': 'a'}; sensors",
                "{'id': 'a', 'sensors': ['*a']}; sensors",
                "{'id': 'a', 'sensors': ['a**']}; sensors",
                "{'id': 'a', 'sensors': ['a*b']}; sensors",
                "{'id': 'a', 'sensors': ['']}; sensors",
                "{'id': 'a', 'sensors': [null]}; sensors",
                "{'id': 'a', 'sensors': [['a']]}; sensors",
                "{'id': 'a', 'enabled': 'true'}; enabled",
                "{'id': 'a', 'enabled': 1}; enabled",
                "{'id': 'a', 'enabled': null}; enabled",
                "{'id': 'a', 'rate': null}; rate",
                "{'id': 'a', 'rate': 5}; rate",
                "{'id': 'a', 'rate': {}}; rate",
                "{'id': 'a', 'rate': {'readingsPerSecond': 0}}; rate",
                "{'id': 'a', 'rate': {'readingsPerSecond': -1}}; rate",
                "{'id': 'a', 'rate': {'readingsPerSecond': 1.5}}; rate",
                "{'id': 'a', 'rate': {'readingsPerSecond': 2147483648}}; rate",
                "{'id': 'a', 'rate': {'readingsPerSecond': 1e400}}; rate",
                "{'id': 'a', 'rate': {'perSecond': 1}}; rate",
                "{'id': 'a', 'certificates': ['x']}; certificates",
                "{'id': 'a', 'certificates': ['0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A']}; certificates",
                "{'id': 'a', 'labels': {'a b': 'x'}}; labels",
                "{'id': 'a', 'labels': {'a': 1}}; labels",
                "{'id': 'a', 'labels': {'a': '\\u0000'}}; labels",
                "{'id': 'a', 'labels': {'a': '\\ud800'}}; labels",
                "{'id': 'a', 'labels': []}; labels",
                "{'id': 'a', 'lables': {}}; ''",
            })
    void whatIsNoDeviceIsRefusedByItsFieldAndNotToldAgain(String text, String field) {
        InvalidDevice invalid = assertThrows(InvalidDevice.class, () -> device(text.replace('\'', '"')));
        assertEquals(field, invalid.field());
        assertFalse(invalid.detail().contains("lables"), invalid.detail());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "1",
                "{",
                "{}{}",
                "{} x",
                "{\"id\": \"a\", \"id\": \"b\"}",
                "{\"labels\": {\"a\": \"1\", \"a\": \"2\"}}",
                "{'id': 'a'}",
                "{\"a\": NaN}",
                "{\"a\": [[[[[[[[[[1]]]]]]]]]]}",
            })
    void whatIsNotOneObjectWithoutDoubtIsRefused(String text) {
        assertEquals(Optional.empty(), DeviceJson.object(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        assertEquals(Optional.empty(), DeviceJson.object(new byte[] {'{', '"', (byte) 0xc3, '"', ':', '1', '}'}));
    }

    @Test
    void aPatchChangesWhatItNamesAndNullBringsTheDefaultBack() throws Exception {
        Device before = device("{\"id\":\"a\",\"sensors\":[\"x\"],\"enabled\":false,\"rate\":{\"readingsPerSecond\":5,"
                + "\"bytesPerSecond\":7},\"certificates\":[],\"labels\":{\"hall\":\"3\",\"line\":\"2\"}}");

        Device after = DeviceJson.patch(
                        json(
                                "{\"enabled\":true,\"rate\":{\"bytesPerSecond\":null},\"certificates\":null,\"labels\":{\"hall\":null,\"row\":\"1\"}}"))
                .apply(before);

        assertEquals(
                device("{\"id\":\"a\",\"sensors\":[\"x\"],\"rate\":{\"readingsPerSecond\":5},"
                        + "\"labels\":{\"line\":\"2\",\"row\":\"1\"}}"),
                after);
        assertEquals(before, DeviceJson.patch(new JsonObject()).apply(before));
        assertEquals(
                Optional.empty(),
                DeviceJson.patch(json("{\"rate\":null}")).apply(before).rate());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{'id': 'b'}; id",
                "{'id': null}; id",
                "{'enabled': null}; enabled",
                "{'rate': {'readingsPerSecond': null, 'bytesPerSecond': null}}; rate",
                "{'sensors': [1]}; sensors",
                "{'nothing': 1}; ''",
            })
    void aPatchThatMakesNoDeviceIsRefused(String patch, String field) throws Exception {
        Device before = device("{\"id\":\"a\",\"rate\":{\"readingsPerSecond\":5,\"bytesPerSecond\":7}}");

        InvalidDevice invalid = assertThrows(InvalidDevice.class, () -> DeviceJson.patch(json(patch.replace('\'', '"')))
                .apply(before));
        assertEquals(field, invalid.field());
    }

    @Test
    void aKeyExpiresInTheFutureOrNotAtAll() throws Exception {
        Instant now = Instant.parse("2026-01-02T00:00:00Z");
        assertEquals(Optional.empty(), DeviceJson.expiry(json("{}"), now));
        assertEquals(
                Optional.of(now.plusSeconds(1)),
                DeviceJson.expiry(json("{\"expiresAt\":\"2026-01-02T01:00:01+01:00\"}"), now));
        for (String bad : List.of(
                "{\"expiresAt\":\"2026-01-02T00:00:00Z\"}",
                "{\"expiresAt\":\"2026-01-03\"}",
                "{\"expiresAt\":5}",
                "{\"expires\":\"2027-01-02T00:00:00Z\"}")) {
            assertThrows(InvalidDevice.class, () -> DeviceJson.expiry(json(bad), now), bad);
        }
    }
}
