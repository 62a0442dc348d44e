package dev.millrace.local.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Devices of one way, and what is logged of it. */
class FleetTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger(Fleet.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Queue<Promise<Void>> onTheirWay = new ArrayDeque<>();
    private final Fleet fleet =
            new Fleet(URI.create("mqtt://there:1883"), new Script(), 2, () -> Instant.parse("2026-11-20T00:00:00Z"));
    private final Fleet.Device first = fleet.device(0, new SimulatedMachine(0, 1));
    private final Fleet.Device second = fleet.device(1, new SimulatedMachine(1, 1));

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(log);
    }

    @Test
    void aDeviceHasOneReadingOnItsWay() {
        first.publish();
        first.publish();
        second.publish();
        assertEquals(2, onTheirWay.size());

        onTheirWay.remove().complete();
        first.publish();
        assertEquals(2, onTheirWay.size());
    }

    @Test
    void tellsEachChangeOnceWithItsAddress() {
        answers(true, true, false, false, false, true, true, true);

        assertEquals(
                List.of(
                        "2 simulated devices publish to mqtt://there:1883 once a second",
                        "The gateway does not take the simulated devices' readings at mqtt://there:1883 (refused);"
                                + " they go on trying",
                        "The gateway takes the simulated devices' readings again at mqtt://there:1883"),
                messages());
    }

    @Test
    void whatIsCutOffByTheStopIsNoNews() {
        answers(true);
        first.publish();
        second.publish();

        fleet.close();
        onTheirWay.forEach(promise -> promise.fail("cut off"));
        first.publish();

        assertEquals(2, onTheirWay.size());
        assertEquals(List.of("2 simulated devices publish to mqtt://there:1883 once a second"), messages());
    }

    private void answers(boolean... accepted) {
        for (boolean yes : accepted) {
            first.publish();
            if (yes) {
                onTheirWay.remove().complete();
            } else {
                onTheirWay.remove().fail("refused");
            }
        }
    }

    private List<String> messages() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    /** A way whose answers the test gives. */
    private final class Script implements Transport {

        @Override
        public Future<Void> publish(int device, SimulatedReading reading) {
            Promise<Void> answer = Promise.promise();
            onTheirWay.add(answer);
            return answer.future();
        }

        @Override
        public Future<?> close() {
            return Future.succeededFuture();
        }
    }
}
