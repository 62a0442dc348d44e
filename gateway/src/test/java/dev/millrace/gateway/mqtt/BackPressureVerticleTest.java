package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.FakeStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** G4 over MQTT: what the stream does not take is not read, and TCP holds the sender back. */
class BackPressureVerticleTest extends MqttDoorFixture {

    private static final int IN_FLIGHT = 20;
    private static final int PUBLISHES = 200;

    /** Of each publish; spaces around a reading. */
    private static final int PADDING = 200_000;

    @Override
    int maxInFlight() {
        return IN_FLIGHT;
    }

    /** A client that sends as fast as it is read. */
    private static final class Sender {
        private final AtomicLong sent = new AtomicLong();
        private final CompletableFuture<Void> done;

        Sender(RawMqtt client) {
            String padding = " ".repeat(PADDING);
            done = CompletableFuture.runAsync(
                    () -> {
                        try {
                            for (int n = 1; n <= PUBLISHES; n++) {
                                client.publish(Publish.to("sensors/a")
                                        .id(n)
                                        .payload("{\"t\":1,\"timestamp\":" + n + "}" + padding));
                                sent.incrementAndGet();
                            }
                        } catch (IOException e) {
                            // closed
                        }
                    },
                    Thread.ofVirtual()::start);
        }

        /** Waits until a write blocks; 40 MB are more than the kernel holds. */
        void awaitBlocked() {
            await("a write blocks", () -> {
                long before = sent.get();
                long end = System.nanoTime() + 300_000_000;
                while (System.nanoTime() - end < 0) {
                    LockSupport.parkNanos(10_000_000);
                }
                return before > 0 && sent.get() == before;
            });
            assertTrue(sent.get() < PUBLISHES, "everything was read");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatTheStreamDoesNotTakeIsNotRead(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        Sender sender = new Sender(client);
        FakeStream.Call call = stream.nextCall();
        sender.awaitBlocked();
        assertEquals(IN_FLIGHT, gauge("in.flight"));
        assertEquals(1, gauge("connections.waiting"));
        assertTrue(bodyBytes() < 2 << 20, "held: " + bodyBytes());

        // When the stream is back, it goes on, in order, with nothing lost
        stream.acceptAll();
        call.accept(stream);
        for (int n = 1; n <= PUBLISHES; n++) {
            client.expect("PUBACK " + n);
        }
        sender.done.join();
        assertEquals(readings("a", 1, PUBLISHES), stored());
        assertEquals(0, gauge("connections.waiting"));
        await("nothing is held", () -> bodyBytes() == 0 && gauge("in.flight") == 0);
    }

    @ParameterizedTest
    @EnumSource
    void whoWaitsForTooLongIsSentAway(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        Sender sender = new Sender(client);
        FakeStream.Call call = stream.nextCall();
        sender.awaitBlocked();

        // three quarters of the time-out are granted to everybody, the whole to nobody
        pass(Duration.ofSeconds(44));
        client.expectSilence(100);
        pass(Duration.ofSeconds(17));

        client.expectClosed(0x97);
        sender.done.join();
        assertEquals(1, ended(MqttMetrics.End.STALLED));
        // and what was on its way still arrives, nothing behind it
        stream.acceptAll();
        call.accept(stream);
        await("nothing is in flight", () -> gauge("in.flight") == 0);
        List<String> stored = stored();
        assertEquals(readings("a", 1, stored.size()), stored);
        assertStillServes();
    }

    /** Several who are sent away do not come back at one moment. */
    @Test
    void notAllAreSentAwayAtOnce() throws Exception {
        RawMqtt first = enter(Version.V5, "first");
        for (int n = 1; n <= IN_FLIGHT; n++) {
            first.publish(Publish.reading("a", n));
        }
        await("there is no more room", () -> gauge("in.flight") == IN_FLIGHT);
        List<RawMqtt> waiting = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            waiting.add(enter(Version.V5, "c" + i));
            waiting.get(i).publish(Publish.reading("a", 1));
        }
        await("all wait", () -> gauge("connections.waiting") == waiting.size());
        pass(Duration.ofMillis(44_900));
        assertEquals(waiting.size(), gauge("connections.waiting"));
        pass(Duration.ofMillis(7_600));
        await("some are sent away", () -> ended(MqttMetrics.End.STALLED) >= 5);
        int half = (int) gauge("connections.waiting");
        assertTrue(half >= 5, half + " wait on after half of the jitter");
        pass(Duration.ofMillis(7_600));
        for (RawMqtt one : waiting) {
            one.expectClosed(0x97);
        }
    }

    @Test
    void qos0IsDroppedFirstAndCounted() throws Exception {
        RawMqtt client = enter(Version.V5, "c");
        for (int n = 1; n <= IN_FLIGHT / 2; n++) {
            client.publish(Publish.reading("a", n));
        }
        FakeStream.Call call = stream.nextCall();
        client.publish(
                Publish.reading("a", 100).qos(0), Publish.reading("a", 101).qos(0));
        for (int n = IN_FLIGHT / 2 + 1; n <= IN_FLIGHT; n++) {
            client.publish(Publish.reading("a", n));
        }
        client.expectNothingYet();
        assertEquals(2, published(0, MqttMetrics.Publish.DROPPED));
        assertEquals(0, ended(MqttMetrics.End.STALLED));
        stream.acceptAll();
        call.accept(stream);
        for (int n = 1; n <= IN_FLIGHT; n++) {
            client.expect("PUBACK " + n);
        }
        client.publish(Publish.reading("a", 102).qos(0), Publish.reading("a", 103));
        client.expect("PUBACK 103");
        assertTrue(stored().contains("a@102") && !stored().contains("a@100"), stored()::toString);
    }

    /** Its PINGREQs lie behind what waits: nobody reads them, and nobody may hold that against it. */
    @ParameterizedTest
    @EnumSource
    void whoIsNotReadIsNotSilent(Version version) throws Exception {
        RawMqtt client = dial(version).enter(new Connect(version).clientId("c").keepAlive(10));
        for (int n = 1; n <= IN_FLIGHT + 1; n++) {
            client.publish(Publish.reading("a", n));
        }
        FakeStream.Call call = stream.nextCall();
        await("it waits", () -> gauge("connections.waiting") == 1);
        RawMqtt onlooker =
                dial(version).enter(new Connect(version).clientId("o").keepAlive(10));
        client.send(Packets.PINGREQ);
        pass(Duration.ofSeconds(16));
        // which shows that it was looked at
        onlooker.expectClosed(0x8d);
        stream.acceptAll();
        call.accept(stream);

        List<String> answers = client.read(IN_FLIGHT + 2);
        assertTrue(answers.contains("PINGRESP"), answers::toString);
        assertTrue(answers.contains("PUBACK " + (IN_FLIGHT + 1)), answers::toString);
    }

    /** What a client does not read cannot pile up here. */
    @ParameterizedTest
    @EnumSource
    void whoDoesNotReadItsAnswersIsNotRead(Version version) throws Exception {
        RawMqtt deaf = remember(new RawMqtt(port(), version, 4096)).enter(new Connect(version).clientId("deaf"));
        byte[][] some = new byte[10_000][];
        java.util.Arrays.fill(some, Packets.PINGREQ);
        byte[] pings = Packets.together(some);
        AtomicLong sent = new AtomicLong();
        CompletableFuture<Void> sender = CompletableFuture.runAsync(
                () -> {
                    try {
                        // 64 MB
                        for (int i = 0; i < 3_200; i++) {
                            deaf.send(pings);
                            sent.incrementAndGet();
                        }
                    } catch (IOException e) {
                        // it is cut off
                    }
                },
                Thread.ofVirtual()::start);
        await("a write blocks", () -> {
            long before = sent.get();
            long end = System.nanoTime() + 300_000_000;
            while (System.nanoTime() - end < 0) {
                LockSupport.parkNanos(10_000_000);
            }
            return sent.get() == before;
        });
        assertTrue(sent.get() < 3_200, "everything was read");
        await("it is cut off", () -> {
            pass(Duration.ofMillis(100));
            return ended(MqttMetrics.End.UNREAD) == 1;
        });
        sender.join();
        assertStillServes();
    }

    @ParameterizedTest
    @EnumSource
    void oneThatWaitsWhenItIsCutLeavesNothingBehind(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        for (int n = 1; n <= IN_FLIGHT + 5; n++) {
            client.publish(Publish.reading("a", n));
        }
        FakeStream.Call call = stream.nextCall();
        await("it waits", () -> gauge("connections.waiting") == 1);
        client.cut();
        // a socket that is not read does not tell that it was closed: another one of its name does
        enter(version, "c");
        await("it is gone", () -> gauge("connections.waiting") == 0);
        stream.acceptAll();
        call.accept(stream);
        await("nothing is held", () -> gauge("in.flight") == 0 && bodyBytes() == 0);
        assertStillServes();
    }
}
