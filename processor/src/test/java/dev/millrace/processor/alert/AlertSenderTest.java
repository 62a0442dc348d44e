package dev.millrace.processor.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.task.Waits;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a sender makes of a destination's answers. */
class AlertSenderTest {

    private final Deque<Delivery> answers = new ArrayDeque<>();
    private final Deque<AlertQueue.Step> steps = new ArrayDeque<>();
    private final Deque<AlertQueue.Settled> notes = new ArrayDeque<>();
    private final List<AlertQueue.Result> results = new ArrayList<>();
    private final List<String> counted = new ArrayList<>();
    private final List<Long> pauses = new ArrayList<>();
    private final Health health = new Health("test");
    private boolean stop;
    private boolean closed;

    private final class Destination implements AlertDestination {

        @Override
        public AlertRoute route() {
            return new AlertRoute("operations", Severity.INFO);
        }

        @Override
        public Kind kind() {
            return Kind.WEBHOOK;
        }

        @Override
        public Delivery deliver(AlertMessage message) {
            return answers.remove();
        }

        @Override
        public Future<Void> close() {
            return Future.succeededFuture();
        }
    }

    /** Ends the sender when there is nothing more to do. */
    private final class Queue implements AlertQueue {

        @Override
        public Step next() {
            stop |= steps.size() <= 1;
            return steps.isEmpty() ? new Wait(1) : steps.remove();
        }

        @Override
        public Settled settle(AlertMessage message, Result result) {
            results.add(result);
            return notes.isEmpty() ? new Noted() : notes.remove();
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private final class Meter implements AlertMeter {

        @Override
        public void sent(AlertDestination.Kind kind, AlertEvent event, int alerts) {
            counted.add("sent " + alerts);
        }

        @Override
        public void suppressed(AlertDestination.Kind kind, AlertEvent event, int alerts) {
            counted.add("suppressed " + alerts);
        }

        @Override
        public void failed(AlertDestination.Kind kind, AlertEvent event) {
            counted.add("failed");
        }

        @Override
        public void dead(AlertDestination.Kind kind, AlertEvent event, int alerts) {
            counted.add("dead " + alerts);
        }

        @Override
        public void waiting(AlertDestination.Kind kind, long alerts, double oldestSeconds) {
            throw new AssertionError("the keeper's");
        }
    }

    private final class Time implements Waits {

        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public void pause(long millis) {
            pauses.add(millis);
        }

        @Override
        public boolean stopRequested() {
            return stop;
        }
    }

    private void run() {
        InstantSource clock = InstantSource.system();
        new AlertSender(
                        new Destination(),
                        new Queue(),
                        new Meter(),
                        new Availability("operations", Availability.Kind.OPTIONAL, health.component("own"), clock),
                        new Availability("PostgreSQL", Availability.Kind.ESSENTIAL, health.component("pg"), clock),
                        new Random(1))
                .run(new Time());
        assertTrue(closed);
    }

    private void tell(int attempts, int failures, Delivery answer) {
        steps.add(new AlertQueue.Send(Messages.SAMPLE, attempts, failures));
        answers.add(answer);
        run();
    }

    private String told(String component) {
        return health.toJson()
                .getJsonObject("components")
                .getJsonObject(component)
                .getString("detail");
    }

    @Test
    void whatIsDeliveredIsNotedAndCounted() {
        tell(0, 0, new Delivery.Delivered());

        assertEquals(List.of(new AlertQueue.Delivered()), results);
        assertEquals(List.of("sent 2"), counted);
    }

    @Test
    void whatIsRefusedIsToldAgainLaterAndLaterByItsAttempts() {
        for (int attempts = 0; attempts < 40; attempts++) {
            stop = false;
            tell(attempts, 0, new Delivery.Refused("it answered 400"));
        }

        for (int attempts = 0; attempts < 40; attempts++) {
            AlertQueue.RetryMessage retry = assertInstanceOf(AlertQueue.RetryMessage.class, results.get(attempts));
            long most = Math.min(300_000, 1_000L << Math.min(attempts, 20));
            assertTrue(retry.delayMillis() >= 1 && retry.delayMillis() <= most, retry::toString);
        }
        assertEquals(40, counted.size());
        assertEquals("failed", counted.getFirst());
    }

    @Test
    void whatTakesNothingIsLeftAloneLongerWithEachFailure() {
        tell(0, 0, new Delivery.Unavailable("it answered 500", Optional.empty()));
        stop = false;
        tell(0, 30, new Delivery.Unavailable("it answered 500", Optional.empty()));

        AlertQueue.RetryDestination first = assertInstanceOf(AlertQueue.RetryDestination.class, results.getFirst());
        assertTrue(first.delayMillis() <= 1_000, first::toString);
        AlertQueue.RetryDestination later = assertInstanceOf(AlertQueue.RetryDestination.class, results.getLast());
        assertTrue(later.delayMillis() > 1_000 && later.delayMillis() <= 300_000, later::toString);
        assertTrue(later.messageDelayMillis() <= 1_000, later::toString);
        assertEquals("away: it answered 500", told("own"));
    }

    @Test
    void aDestinationThatSaysWhenIsNotAskedBeforeNorLeftAloneForEver() {
        tell(0, 0, new Delivery.Unavailable("it answered 429", Optional.of(Duration.ofMinutes(2))));
        stop = false;
        tell(0, 0, new Delivery.Unavailable("it answered 503", Optional.of(Duration.ofDays(365))));

        long asked = assertInstanceOf(AlertQueue.RetryDestination.class, results.getFirst())
                .delayMillis();
        assertTrue(asked >= 120_000 && asked <= 121_001, () -> asked + " ms");
        long bounded = assertInstanceOf(AlertQueue.RetryDestination.class, results.getLast())
                .delayMillis();
        assertTrue(bounded >= 3_600_000 && bounded <= 3_601_001, () -> bounded + " ms");
    }

    @Test
    void whatIsGivenUpIsCounted() {
        notes.add(new AlertQueue.GivenUp());

        tell(90, 90, new Delivery.Refused("it answered 404"));

        assertEquals(List.of("failed", "dead 2"), counted);
    }

    @Test
    void whatWasOverIsCountedAndTheNextIsAskedForAtOnce() {
        steps.add(new AlertQueue.Suppressed(AlertEvent.OPENED, 7));

        tell(0, 0, new Delivery.Delivered());

        assertEquals(List.of("suppressed 7", "sent 2"), counted);
        assertEquals(List.of(), pauses);
    }

    @Test
    void aNoteThatCannotBeWrittenIsWrittenAgain() {
        notes.add(new AlertQueue.Away("connection refused"));
        notes.add(new AlertQueue.Away("connection refused"));
        steps.add(new AlertQueue.Send(Messages.SAMPLE, 0, 0));
        steps.add(new AlertQueue.Wait(1));
        answers.add(new Delivery.Delivered());

        run();

        assertEquals(
                List.of(new AlertQueue.Delivered(), new AlertQueue.Delivered(), new AlertQueue.Delivered()), results);
        assertEquals(List.of("sent 2"), counted);
    }

    @Test
    void aNoteThatCannotBeWrittenForLongIsLeft() {
        for (int i = 0; i < 9; i++) {
            notes.add(new AlertQueue.Away("connection refused"));
        }
        steps.add(new AlertQueue.Send(Messages.SAMPLE, 0, 0));
        steps.add(new AlertQueue.Wait(1));
        answers.add(new Delivery.Delivered());

        run();

        assertEquals(5, results.size());
    }

    @Test
    void itLooksOftenWhateverItIsToldAndSaysWhereTheDatabaseIsAway() {
        steps.add(new AlertQueue.Wait(60_000));
        steps.add(new AlertQueue.Wait(20));
        steps.add(new AlertQueue.Away("connection refused"));

        run();

        assertEquals(List.of(1_000L, 20L), pauses.subList(0, 2));
        assertTrue(told("pg").contains("alerts cannot be read: connection refused"), told("pg"));
    }
}
