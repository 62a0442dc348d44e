package dev.millrace.gateway.mqtt;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.TestKeys;
import dev.millrace.gateway.http.QuietLog;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who gets in by which key, and what it may report. */
class AccessMqttVerticleTest extends MqttDoorFixture {

    /** The key file's authenticator, on keys that are kept in memory and may change. */
    private static final class Keys implements Authenticator {
        private volatile Authenticator now = TestKeys.authenticator(
                entry("press", Role.DEVICE, "a", "press-*"),
                entry("other", Role.DEVICE, "a"),
                entry("admin", Role.ADMIN),
                entry("reader", Role.READER),
                entry("operator", Role.OPERATOR));
        private final AtomicLong revision = new AtomicLong();

        private volatile Instant until = Instant.MAX;

        @Override
        public Authentication authenticate(Credentials credentials) {
            Authentication answer = now.authenticate(credentials);
            if (!(answer instanceof Authentication.Authenticated(Principal principal, Instant _))) {
                return answer;
            }
            return Instant.now().isBefore(until)
                    ? new Authentication.Authenticated(principal, until)
                    : new Authentication.Refused(Authentication.Reason.EXPIRED);
        }

        @Override
        public long revision() {
            return revision.get();
        }

        void become(String... entries) {
            now = TestKeys.authenticator(entries);
            revision.incrementAndGet();
        }
    }

    private final Keys keys = new Keys();

    @Override
    Authenticator authenticator() {
        return keys;
    }

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    private static Connect as(Version version, String name) {
        return new Connect(version)
                .clientId("c")
                .user("anything")
                .password(key(name).text());
    }

    @ParameterizedTest
    @CsvSource({
        "press, CONNACK, CONNACK",
        "admin, CONNACK, CONNACK",
        "reader, CONNACK 0x05, CONNACK 0x87",
        "operator, CONNACK 0x05, CONNACK 0x87",
        "nobody, CONNACK 0x04, CONNACK 0x86"
    })
    void theKeyDecidesWhoComesIn(String name, String v3, String v5) throws Exception {
        for (Version version : Version.values()) {
            RawMqtt client = dial(version);
            Answer answer = client.connect(as(version, name));
            assertEquals(version == Version.V3 ? v3 : v5, answer.brief());
            if (answer.reason() != 0) {
                client.expectEnd();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutAKeyNobodyComesIn(Version version) throws Exception {
        String missing = version == Version.V3 ? "CONNACK 0x05" : "CONNACK 0x87";
        String unknown = version == Version.V3 ? "CONNACK 0x04" : "CONNACK 0x86";
        for (Connect connect : List.of(
                new Connect(version).clientId("c"),
                new Connect(version).clientId("c").user("press"))) {
            RawMqtt client = dial(version);
            assertEquals(missing, client.connect(connect).brief());
            client.expectEnd();
        }
        for (String password : List.of("x", "key of press", "\u00e4\u00f6", "k".repeat(10_000))) {
            RawMqtt client = dial(version);
            assertEquals(
                    unknown,
                    client.connect(new Connect(version).clientId("c").user("u").password(password))
                            .brief());
            client.expectEnd();
        }
        if (version == Version.V5) {
            // only MQTT 5 allows it
            dial(version).enter(new Connect(version).password(key("press").text()));
        }
    }

    @Test
    void noKeyIsInTheLog() throws Exception {
        try (QuietLog log = new QuietLog()) {
            dial(Version.V3).connect(as(Version.V3, "nobody"));
            assertTrue(
                    log.complaints().stream()
                            .noneMatch(line -> line.contains(key("nobody").text())),
                    log.complaints()::toString);
        }
    }

    @Test
    void aSensorOfOthersIsRefusedToV5AndEndsAConnectionOfV3() throws Exception {
        RawMqtt five = dial(Version.V5).enter(as(Version.V5, "press"));
        five.publish(
                Publish.reading("press-4", 1),
                Publish.reading("b", 2),
                Publish.reading("b", 3).qos(2),
                Publish.reading("b", 4).qos(0),
                Publish.reading("a", 5));
        assertEquals(List.of("PUBACK 1", "PUBACK 2 0x87", "PUBREC 3 0x87", "PUBACK 5"), five.read(4));
        five.send(Packets.DISCONNECT);
        five.expectEnd();

        RawMqtt three = dial(Version.V3).enter(as(Version.V3, "press"));
        three.publish(Publish.reading("press-4", 6), Publish.reading("b", 7));
        three.expect("PUBACK 6");
        three.expectEnd();
        assertEquals(List.of("press-4@1", "a@5", "press-4@6"), stored());
        assertEquals(4, rejected().size());
        assertTrue(rejected().stream().allMatch(one -> one.startsWith("c sensors/b forbidden")), rejected()::toString);
    }

    @ParameterizedTest
    @EnumSource
    void anotherDeviceWithTheSameClientIdIsLeftAlone(Version version) throws Exception {
        RawMqtt press = dial(version).enter(as(version, "press"));
        RawMqtt other = dial(version).enter(as(version, "other"));

        press.expectNothingYet();
        other.expectNothingYet();
        dial(version).enter(as(version, "press"));
        press.expectClosed(0x8e);
        other.expectNothingYet();
    }

    @ParameterizedTest
    @EnumSource
    void aSessionIsNoMatterOfAnotherDevice(Version version) throws Exception {
        Connect mine = as(version, "press").resume();
        Connect theirs = as(version, "other").resume();
        if (version == Version.V5) {
            mine.sessionExpiry(100);
            theirs.sessionExpiry(100);
        }
        dial(version).enter(mine).cut();
        await("it is gone", () -> openConnections() == 0);
        assertEquals(false, dial(version).connect(theirs).sessionPresent());
        assertEquals(true, dial(version).connect(mine).sessionPresent());
    }

    @ParameterizedTest
    @EnumSource
    void aKeyThatIsTakenAwayEndsItsConnections(Version version) throws Exception {
        RawMqtt press = dial(version).enter(as(version, "press"));
        RawMqtt admin = dial(version).enter(as(version, "admin"));
        keys.become(entry("admin", Role.ADMIN));

        press.expectClosed(0x87);
        admin.publish(Publish.reading("x", 1));
        admin.expect("PUBACK 1");
        assertEquals(1, ended(MqttMetrics.End.UNAUTHORIZED));
    }

    /** The first publish behind the change is refused, however soon it comes. */
    @ParameterizedTest
    @EnumSource
    void whoseKeyIsTakenAwayPublishesNothingMore(Version version) throws Exception {
        RawMqtt press = dial(version).enter(as(version, "press"));
        press.publish(Publish.reading("a", 1));
        press.expect("PUBACK 1");
        keys.become(entry("admin", Role.ADMIN));
        press.publish(Publish.reading("a", 2));

        press.expectClosed(0x87);
        assertEquals(List.of("a@1"), stored());
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionEndsWithTheTimeOfItsCredentials(Version version) throws Exception {
        keys.until = Instant.now().plusSeconds(2);
        RawMqtt press = dial(version).enter(as(version, "press"));

        press.expectClosed(0x87);
        assertTrue(!Instant.now().isBefore(keys.until));
        assertEquals(
                version == Version.V3 ? "CONNACK 0x04" : "CONNACK 0x86",
                dial(version).connect(as(version, "press")).brief());
    }

    @Test
    void aKeyThatMayReportOtherSensorsFromNowOnDoes() throws Exception {
        RawMqtt client = dial(Version.V5).enter(as(Version.V5, "press"));
        client.publish(Publish.reading("b", 1));
        client.expect("PUBACK 1 0x87");
        keys.become(entry("press", Role.DEVICE, "b"));
        int[] n = {1};
        await("the new sensors hold", () -> {
            try {
                client.publish(Publish.reading("b", ++n[0]));
                return client.read().reason() == 0;
            } catch (java.io.IOException e) {
                throw new AssertionError(e);
            }
        });
        client.publish(Publish.reading("press-4", 1));
        client.expect("PUBACK 1 0x87");
        keys.become(entry("press", Role.READER));
        client.expectClosed(0x87);
    }

    @Test
    void aWillOfASensorOfOthersIsNotPublished() throws Exception {
        Answer answer = dial(Version.V5).connect(as(Version.V5, "press").will("sensors/b", "{\"t\":1}"));
        assertEquals("CONNACK 0x87", answer.brief());
        RawMqtt three = dial(Version.V3).enter(as(Version.V3, "press").will("sensors/b", "{\"t\":1}"));
        three.cut();
        await("it was looked at", () -> !rejected().isEmpty());
        assertEquals(List.of(), stored());
    }
}
