package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.FakeStream;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** G8: what was taken is answered before the door closes. */
class DrainMqttVerticleTest extends MqttDoorFixture {

    private static final Duration LONG = Duration.ofSeconds(30);

    @ParameterizedTest
    @EnumSource
    void answersWhatIsInFlightReadsNothingMoreAndCloses(Version version) throws Exception {
        RawMqtt busy = enter(version, "busy");
        RawMqtt idle = enter(version, "idle");
        RawMqtt stranger = dial(version);
        busy.publish(Publish.reading("a", 1), Publish.reading("a", 2).qos(2));
        FakeStream.Call call = stream.nextCall();
        busy.expectNothingYet();

        Future<Void> drained = door.drain(LONG);
        idle.expectClosed(0x8b);
        stranger.expectEnd();
        busy.publish(Publish.reading("a", 3));
        assertFalse(drained.isComplete());
        stream.acceptAll();
        call.accept(stream);

        assertEquals(List.of("PUBACK 1", "PUBREC 2"), busy.read(2));
        busy.expectClosed(0x8b);
        drained.await();
        assertEquals(readings("a", 1, 2), stored());
        await("none is open", () -> openConnections() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void nobodyComesInAnyMore(Version version) throws Exception {
        RawMqtt busy = enter(version, "busy");
        busy.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        RawMqtt opened = dial(version);
        await("it is there", () -> openConnections() == 2);
        Future<Void> drained = door.drain(LONG);

        try {
            opened.send(new Connect(version).clientId("late").bytes());
            List<Answer> answers = opened.readToEnd();
            // let in at the last moment, it is told to go
            assertTrue(
                    answers.isEmpty()
                            || answers.getLast()
                                    .brief()
                                    .equals(
                                            version == Version.V5
                                                    ? answers.getLast().type() + " 0x8B"
                                                    : "CONNACK 0x03")
                            || (version == Version.V3
                                    && answers.getLast().brief().equals("CONNACK")),
                    answers::toString);
        } catch (IOException e) {
            // closed while it wrote
        }
        await("nobody can connect", () -> {
            try (RawMqtt late = new RawMqtt(port(), version)) {
                late.send(new Connect(version).clientId("late").bytes());
                return late.next().map(answer -> answer.reason() != 0).orElse(true);
            } catch (IOException e) {
                return true;
            }
        });
        stream.acceptAll();
        call.accept(stream);
        busy.expect("PUBACK 1");
        busy.expectClosed(0x8b);
        // whoever was told to go, and did not, is waited for no longer
        pass(Duration.ofSeconds(3));
        drained.await();
    }

    @ParameterizedTest
    @EnumSource
    void whatDoesNotEndInTimeIsCutOff(Version version) throws Exception {
        RawMqtt busy = enter(version, "busy");
        busy.publish(Publish.reading("a", 1));
        FakeStream.Call call = stream.nextCall();
        door.drain(Duration.ofMillis(100)).await();

        assertTrue(busy.readToEnd().stream().noneMatch(answer -> answer.type() == Answer.Type.PUBACK));
        call.accept(stream);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatDoesNotReadHoldsNobodyUp(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt deaf = remember(new RawMqtt(port(), version, 4096)).enter(new Connect(version).clientId("deaf"));
        deaf.publish(Publish.reading("a", 1));
        await("it is stored", () -> stored().size() == 1);
        door.drain(Duration.ofSeconds(2)).await();
        await("none is open", () -> openConnections() == 0);
    }
}
