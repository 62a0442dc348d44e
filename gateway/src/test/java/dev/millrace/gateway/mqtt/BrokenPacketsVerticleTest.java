package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.http.QuietLog;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Packets that are broken in every way: the server answers by the contract or closes, never hangs, logs nothing, publishes
 * nothing that is no reading, and serves the next.
 */
class BrokenPacketsVerticleTest extends MqttDoorFixture {

    /** How many packets are changed at random. */
    private static final int MUTATIONS = 3_000;

    private final List<String> wrong = new ArrayList<>();
    private int kinds;

    @Test
    void whatMayNotComeEndsTheConnectionWithItsReason() throws Exception {
        stream.acceptAll();
        try (QuietLog log = new QuietLog()) {
            for (Version version : Version.values()) {
                for (BrokenPackets.Case one : BrokenPackets.afterConnect(version)) {
                    RawMqtt client = new RawMqtt(port(), version).enter(new Connect(version).clientId("c"));
                    judge(version, one, client);
                }
                for (BrokenPackets.Case one : BrokenPackets.first(version)) {
                    judge(version, one, new RawMqtt(port(), version));
                }
            }
            assertTrue(kinds >= 300, "kinds: " + kinds);
            assertEquals(List.of(), wrong);
            assertEquals(List.of(), stream.lines(), "published");
            assertEquals(List.of(), log.complaints());
        }
        await("the connections of all are closed", () -> openConnections() == 0);
        assertEquals(0, bodyBytes());
        assertStillServes();
    }

    private void judge(Version version, BrokenPackets.Case one, RawMqtt client) throws IOException {
        kinds++;
        try (client) {
            try {
                client.send(one.bytes());
            } catch (IOException e) {
                // closed while it was written
            }
            List<String> answers = new ArrayList<>();
            for (Optional<Answer> answer = client.next(); answer.isPresent(); answer = client.next()) {
                answers.add(answer.get().brief());
            }
            if (!one.expected().contains(String.join(", ", answers))) {
                wrong.add(version + " " + one.name() + ": " + answers + " in place of " + one.expected());
            }
        } catch (AssertionError e) {
            wrong.add(version + " " + one.name() + ": " + e.getMessage());
        }
    }

    @Test
    void everyPacketMayBeCutOffAnywhere() throws Exception {
        stream.acceptAll();
        try (QuietLog log = new QuietLog()) {
            for (Version version : Version.values()) {
                byte[] connect = new Connect(version)
                        .clientId("c")
                        .user("user")
                        .password("password")
                        .will("sensors/w", "no reading")
                        .bytes();
                for (int length = 0; length < connect.length; length++) {
                    cutOff(dial(version), connect, length);
                }
                for (byte[] packet : BrokenPackets.valid(version)) {
                    for (int length = 0; length < packet.length; length++) {
                        cutOff(enter(version, "c"), packet, length);
                    }
                }
            }
            await("all are gone", () -> openConnections() == 0);
            assertEquals(0, bodyBytes());
            assertEquals(List.of(), stream.lines(), "published");
            assertEquals(List.of(), log.complaints());
        }
        assertStillServes();
    }

    private static void cutOff(RawMqtt client, byte[] packet, int length) throws IOException {
        client.send(Arrays.copyOf(packet, length));
        client.socket().shutdownOutput();
        List<Answer> answers = client.readToEnd();
        assertTrue(answers.size() <= 1, () -> length + " of " + HexFormat.of().formatHex(packet) + ": " + answers);
    }

    @Test
    void aConnectionThatIsResetIsNotWorthALine() throws Exception {
        stream.acceptAll();
        try (QuietLog log = new QuietLog()) {
            for (Version version : Version.values()) {
                dial(version).cut();
                RawMqtt half = dial(version);
                half.send(new byte[] {0x10, 50, 0});
                half.cut();
                RawMqtt client = enter(version, "c");
                client.publish(Publish.reading("a", 1)).send(new byte[] {0x32, 20, 0});
                client.cut();
            }
            await("all are gone", () -> openConnections() == 0);
            assertEquals(List.of(), log.complaints());
        }
    }

    @Test
    void noiseAndChangedPacketsBreakNothing() throws Exception {
        stream.acceptAll();
        Random random = new Random(20261121);
        try (QuietLog log = new QuietLog()) {
            for (int i = 0; i < MUTATIONS; i++) {
                Version version = random.nextBoolean() ? Version.V3 : Version.V5;
                byte[] sent =
                        switch (i % 4) {
                            case 0 -> BrokenPackets.noise(random);
                            case 1 ->
                                changed(
                                        random,
                                        new Connect(version)
                                                .clientId("c")
                                                .will("sensors/a", "x")
                                                .bytes());
                            default ->
                                Packets.together(
                                        new Connect(version).clientId("c").bytes(),
                                        changed(random, any(random, version)),
                                        changed(random, any(random, version)));
                        };
                survive(version, sent);
            }
            await("all are gone", () -> openConnections() == 0);
            assertEquals(0, bodyBytes());
            assertEquals(List.of(), log.complaints());
        }
        for (String line : stream.lines()) {
            assertTrue(new JsonObject(line).getString("sensorId").matches("[A-Za-z0-9._:-]{1,128}"), line);
        }
        await("nothing is in flight", () -> gauge("in.flight") == 0);
        assertStillServes();
    }

    private static byte[] any(Random random, Version version) {
        List<byte[]> valid = BrokenPackets.valid(version);
        return valid.get(random.nextInt(valid.size()));
    }

    /** A few bytes, the length or the end of a packet changed. */
    private static byte[] changed(Random random, byte[] valid) {
        byte[] packet = valid.clone();
        for (int n = random.nextInt(4); n >= 0; n--) {
            int at = random.nextInt(Math.max(1, random.nextBoolean() ? packet.length : Math.min(4, packet.length)));
            packet[at] = (byte)
                    switch (random.nextInt(4)) {
                        case 0 -> random.nextInt(256);
                        case 1 -> packet[at] ^ 1 << random.nextInt(8);
                        case 2 -> 0;
                        default -> 0xff;
                    };
        }
        return random.nextInt(5) == 0 ? Arrays.copyOf(packet, random.nextInt(packet.length + 10)) : packet;
    }

    /** Sends and says good-bye: whatever it was, the connection ends soon. */
    private void survive(Version version, byte[] sent) throws IOException {
        try (RawMqtt client = new RawMqtt(port(), version)) {
            try {
                client.send(sent);
                client.socket().shutdownOutput();
            } catch (IOException e) {
                // closed while it was written
            }
            // the version may have changed with the bytes: the answers are looked at by others
            client.drainBytes();
        } catch (AssertionError e) {
            throw new AssertionError(HexFormat.of().formatHex(sent), e);
        }
    }
}
