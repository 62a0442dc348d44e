package dev.millrace.gateway.auth;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.file;
import static dev.millrace.gateway.auth.TestKeys.key;
import static dev.millrace.gateway.auth.TestKeys.keys;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.millrace.gateway.auth.KeyFileParser.Parsed;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KeyFileParserTest {

    private static final String HASH = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static final String SECRET = "Hunter2-SECRET-key";

    @Test
    void everyRoleHasWhatTheFileSays() {
        KeySet keys = keys(
                entry("r", Role.READER),
                entry("o", Role.OPERATOR),
                entry("a", Role.ADMIN),
                entry("d", Role.DEVICE, "press-*", "sensor-001"));

        assertEquals(4, keys.size());
        for (Role role : Role.values()) {
            String name = role.word().substring(0, 1);
            Principal principal = find(keys, name);
            assertEquals(name, principal.name());
            assertEquals(role, principal.role());
        }
        assertTrue(find(keys, "d").scope().allows("press-4"));
        assertTrue(find(keys, "d").scope().allows("sensor-001"));
        assertFalse(find(keys, "d").scope().allows("sensor-0011"));
        assertTrue(find(keys, "a").scope().allows("press-4"));
        assertFalse(find(keys, "r").scope().allows("press-4"));
        assertFalse(find(keys, "o").scope().allows("press-4"));
    }

    @Test
    void aHashMayBeWrittenInCapitalsAndTheFileMayBeginWithAMark() {
        String capitals = "{\"name\":\"x\",\"role\":\"reader\",\"sha256\":\""
                + key("x").sha256().toUpperCase(java.util.Locale.ROOT) + "\"}";

        assertEquals("x", find(keys(capitals), "x").name());
        assertInstanceOf(Parsed.Valid.class, TestKeys.parse("\uFEFF" + file(capitals)));
    }

    static Stream<Arguments> badFiles() {
        String device = "\"role\":\"device\",\"sensors\":";
        return Stream.of(
                arguments("", "the file is empty"),
                arguments(" \n", "the file is empty"),
                arguments("{", "not valid JSON at line 1, column 2"),
                arguments("keys: []", "not valid JSON at line 1, column 6"),
                arguments("{\"keys\": [\n" + SECRET, "not valid JSON at line 2, column 9"),
                arguments(file(good()).replace("\n]}", "],}"), "not valid JSON at line 2, column 112"),
                arguments("[]", "must be a JSON object with the member keys"),
                arguments("\"" + SECRET + "\"", "must be a JSON object with the member keys"),
                arguments("null", "must be a JSON object with the member keys"),
                arguments("{}", "must have the member keys"),
                arguments("{\"keys\": {}}", "line 1: keys must be an array"),
                arguments("{\"keys\": null}", "line 1: keys must be an array"),
                arguments("{\"keys\": []}", "keys must have an entry: with none, nobody could do anything"),
                arguments(file(good()) + "{}", "has something behind its end at line 4, column 1"),
                arguments("{\"Keys\": [], " + file(good()).substring(1), "line 1: has a member other than keys"),
                arguments(
                        "{\"" + SECRET + "\": [], " + file(good()).substring(1),
                        "line 1: has a member other than keys"),
                arguments(file(good()).replace("]}", "],\n\"keys\": []}"), "line 4: keys stands there twice"),
                arguments(file(good(), "7"), "keys[1], line 3: must be an object"),
                arguments(file("[" + good() + "]"), "keys[0], line 2: must be an object"),
                arguments(
                        file("{}"),
                        "keys[0], line 2: name: must be there"
                                + "; keys[0], line 2: sha256: must be there; keys[0], line 2: role: must be there"),
                bad(
                        "\"role\":\"reader\",\"key\":\"" + SECRET + "\"",
                        "has a member other than name, sha256, role and sensors"),
                bad(
                        "\"role\":\"reader\",\"" + SECRET + "\":{\"a\":[1]}",
                        "has a member other than name, sha256, role and sensors"),
                bad("\"role\":\"reader\",\"role\":\"admin\"", "role: stands there twice"),
                bad("\"role\":\"reader\",\"name\":\"x\"", "name: stands there twice"),
                bad("\"role\":\"reader\",\"sha256\":\"" + HASH + "\"", "sha256: stands there twice"),
                bad("\"role\":\"root\"", "role: must be one of reader, operator, admin, device"),
                bad("\"role\":\"READER\"", "role: must be one of reader, operator, admin, device"),
                bad("\"role\":\"\"", "role: must be one of reader, operator, admin, device"),
                bad("\"role\":[\"reader\"]", "role: must be one of reader, operator, admin, device"),
                bad("\"role\":null", "role: must be one of reader, operator, admin, device"),
                bad("\"role\":\"device\"", "sensors: must be there for a device"),
                bad("\"role\":\"reader\",\"sensors\":[\"a\"]", "sensors: must not be there but for a device"),
                bad("\"role\":\"admin\",\"sensors\":[\"*\"]", "sensors: must not be there but for a device"),
                bad(
                        "\"role\":\"operator\",\"sensors\":null",
                        "sensors: must be an array"
                                + "; keys[0] (n), line 2: sensors: must not be there but for a device"),
                bad(device + "\"press-*\"", "sensors: must be an array"),
                bad(device + "{}", "sensors: must be an array"),
                bad(device + "[]", "sensors: must have at least one"),
                bad(device + "[\"a\",\"\"]", "sensors[1]: must be a sensor's id, or the beginning of one and *"),
                bad(device + "[1]", "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(device + "[[\"a\"]]", "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(device + "[\"a*b\"]", "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(device + "[\"*a\"]", "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(device + "[\"a**\"]", "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(device + "[\"a b\"]", "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(
                        device + "[\"" + "a".repeat(129) + "\"]",
                        "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(
                        device + "[\"" + "a".repeat(128) + "*\"]",
                        "sensors[0]: must be a sensor's id, or the beginning of one and *"),
                bad(device + "[" + "\"a\",".repeat(10_000) + "\"a\"]", "sensors: must have at most 10000"),
                hash("\"" + SECRET + "\"", "sha256: must be 64 hexadecimal digits, the SHA-256 of the key"),
                hash("\"" + HASH.substring(1) + "\"", "sha256: must be 64 hexadecimal digits, the SHA-256 of the key"),
                hash("\"" + HASH + "0\"", "sha256: must be 64 hexadecimal digits, the SHA-256 of the key"),
                hash("\" " + HASH + "\"", "sha256: must be 64 hexadecimal digits, the SHA-256 of the key"),
                hash(
                        "\"" + HASH.replace('0', 'g') + "\"",
                        "sha256: must be 64 hexadecimal digits, the SHA-256 of the key"),
                hash("7", "sha256: must be 64 hexadecimal digits, the SHA-256 of the key"),
                // what printf '' | sha256sum and echo | sha256sum print
                hash(
                        "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"",
                        "sha256: is the hash of an empty key"),
                hash(
                        "\"01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b\"",
                        "sha256: is the hash of an empty key"),
                name("\"\"", "name: must be 1 to 128 of A-Z a-z 0-9 . _ : -"),
                name("\"a b\"", "name: must be 1 to 128 of A-Z a-z 0-9 . _ : -"),
                name("\"" + "n".repeat(129) + "\"", "name: must be 1 to 128 of A-Z a-z 0-9 . _ : -"),
                name("\"a\\nb\"", "name: must be 1 to 128 of A-Z a-z 0-9 . _ : -"),
                name("\"millrace_" + SECRET + "\"", "name: must not look like a key"),
                name("\"" + HASH.substring(32) + "\"", "name: must not look like a key"),
                name("true", "name: must be 1 to 128 of A-Z a-z 0-9 . _ : -"),
                arguments(
                        file("{\"name\":\"" + SECRET + "\",\"role\":\"reader\",\"sha256\":\""
                                + new ApiKey(SECRET).sha256() + "\"}"),
                        "keys[0], line 2: name: must not be the key"),
                arguments(
                        file(
                                good(),
                                entry("other", Role.ADMIN).replace(key("other").sha256(), key("n").sha256())),
                        "keys[1] (other), line 3: sha256: is that of keys[0] too"),
                arguments(
                        file(good(), entry("n", Role.READER).replace(key("n").sha256(), HASH)),
                        "keys[1] (n), line 3: name: is that of keys[0] too"));
    }

    @ParameterizedTest
    @MethodSource("badFiles")
    void aBadFileIsRefusedWithItsPlaceAndNothingOfItsContent(String content, String expected) {
        Parsed.Refused refused = assertInstanceOf(Parsed.Refused.class, TestKeys.parse(content));

        String told = String.join("; ", refused.problems());
        assertEquals(expected, told);
        assertFalse(told.contains(SECRET), told);
    }

    @Test
    void brokenBytesAreRefused() {
        byte[] bytes = file(good()).replace("\"n\"", "\"?\"").getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '?') {
                bytes[i] = (byte) 0xff;
            }
        }

        Parsed.Refused refused = assertInstanceOf(Parsed.Refused.class, KeyFileParser.parse(bytes));

        assertTrue(refused.problems().getFirst().startsWith("not valid JSON at line 2"), refused.toString());
    }

    @Test
    void deepNestingIsRefused() {
        assertInstanceOf(Parsed.Refused.class, TestKeys.parse("{\"keys\": " + "[".repeat(100_000)));
    }

    @Test
    void manyProblemsAreToldInPart() {
        Parsed.Refused refused = assertInstanceOf(
                Parsed.Refused.class,
                TestKeys.parse(file(IntStream.range(0, 50).mapToObj(_ -> "7").toArray(String[]::new))));

        assertEquals(21, refused.problems().size());
        assertEquals("and 30 more", refused.problems().getLast());
    }

    @Test
    void aFileOfTheMostKeysIsTakenAndOneMoreIsNot() {
        String most = IntStream.range(0, KeyFileParser.MAX_KEYS)
                .mapToObj(i -> entry("n" + i, Role.READER))
                .collect(Collectors.joining(",\n"));
        assertTrue(most.length() + 100 < KeyFile.MAX_BYTES);

        KeySet keys = keys(most);
        assertEquals(KeyFileParser.MAX_KEYS, keys.size());
        assertEquals("n99999", find(keys, "n99999").name());
        assertEquals(
                List.of("keys must have at most 100000 entries"),
                assertInstanceOf(Parsed.Refused.class, TestKeys.parse(file(most, entry("more", Role.READER))))
                        .problems());
    }

    private static Principal find(KeySet keys, String name) {
        return keys.find(ApiKey.sha256(key(name).text())).orElseThrow().principal();
    }

    private static String good() {
        return entry("n", Role.READER);
    }

    private static Arguments bad(String members, String problem) {
        return arguments(
                file("{\"name\":\"n\",\"sha256\":\"" + HASH + "\"," + members + "}"),
                "keys[0] (n), line 2: " + problem);
    }

    private static Arguments hash(String value, String problem) {
        return arguments(
                file("{\"name\":\"n\",\"role\":\"reader\",\"sha256\":" + value + "}"),
                "keys[0] (n), line 2: " + problem);
    }

    private static Arguments name(String value, String problem) {
        return arguments(
                file("{\"name\":" + value + ",\"role\":\"reader\",\"sha256\":\"" + HASH + "\"}"),
                "keys[0], line 2: " + problem);
    }
}
