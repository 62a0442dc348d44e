package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.ShardedStream.PutResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The stream is away longer than a publish may wait: the connection ends, and nothing was acknowledged that is not stored. */
class StreamAwayVerticleTest extends MqttDoorFixture {

    /** Real time for what the publisher has. */
    @Override
    Duration stallTimeout() {
        return Duration.ofSeconds(1);
    }

    @Override
    boolean opensPublisher() {
        return false;
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatWasNeverThereIsWaitedForAsLong(Version version) throws Exception {
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1));
        await("it waits", () -> gauge("connections.waiting") == 1);
        pass(Duration.ofMillis(1_100));
        client.expectClosed(0x89);
        assertEquals(0, gauge("in.flight"));
    }

    @ParameterizedTest
    @EnumSource
    void whatWaitedIsStoredWhenTheStreamIsThere(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = enter(version, "c");
        for (int n = 1; n <= 10; n++) {
            client.publish(Publish.reading("a", n));
        }
        await("it waits", () -> gauge("connections.waiting") == 1);
        openPublisher();
        for (int n = 1; n <= 10; n++) {
            client.expect("PUBACK " + n);
        }
        assertEquals(readings("a", 1, 10), stored());
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatThrottlesForTooLongEndsTheConnection(Version version) throws Exception {
        openPublisher();
        stream.answerBy(_ -> new PutResult.Throttled());
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1), Publish.reading("a", 2).qos(2));
        client.expectClosed(0x97);
        assertEquals(List.of(), stored());

        // When it is back, the client comes again with what has no answer
        stream.acceptAll();
        RawMqtt again = enter(version, "c");
        again.publish(
                Publish.reading("a", 1).dup(), Publish.reading("a", 2).qos(2).dup());
        assertEquals(List.of("PUBACK 1", "PUBREC 2"), again.read(2));
        assertEquals(readings("a", 1, 2), stored());
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatFailsForTooLongEndsTheConnection(Version version) throws Exception {
        openPublisher();
        stream.answerBy(_ -> new PutResult.Unknown("away"));
        RawMqtt client = enter(version, "c");
        client.publish(Publish.reading("a", 1));
        client.expectClosed(0x89);
        assertEquals(List.of(), stored());
    }

    @Test
    void qos0ThatTheStreamDidNotTakeIsCountedAndEndsNothing() throws Exception {
        openPublisher();
        stream.answerBy(_ -> new PutResult.Throttled());
        RawMqtt client = enter(Version.V3, "c");
        client.publish(Publish.reading("a", 1).qos(0));
        await(
                "it is given up",
                () -> published(0, MqttMetrics.Publish.GIVEN_UP) + published(0, MqttMetrics.Publish.DROPPED) == 1);
        client.expectNothingYet();
        assertTrue(stored().isEmpty());
    }
}
