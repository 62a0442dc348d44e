package dev.millrace.processor.store;

import static dev.millrace.processor.store.PgAlertRig.OPERATIONS;
import static dev.millrace.processor.store.PgAlertRig.PAGER;
import static dev.millrace.processor.store.PgAlertRig.TIMING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.ProcessorMetrics;
import dev.millrace.processor.alert.AlertDestination;
import dev.millrace.processor.alert.AlertEvent;
import dev.millrace.processor.alert.AlertMessage;
import dev.millrace.processor.alert.AlertRoute;
import dev.millrace.processor.alert.AlertSender;
import dev.millrace.processor.alert.Delivery;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.task.Waits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Senders of several processes on one PostgreSQL. */
class AlertSendersIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final PgAlertRig rig = new PgAlertRig();
    private final List<Running> running = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        for (Running sender : running) {
            sender.stop = true;
        }
        for (Running sender : running) {
            assertTrue(sender.thread.join(PATIENCE), "a sender does not stop");
        }
        rig.close();
    }

    /** One receiver, whoever tells it; what it got, in order. */
    private abstract static class Receiver implements AlertDestination {

        private final AlertRoute route;
        private final List<AlertMessage> got = new ArrayList<>();
        private final Semaphore arrived = new Semaphore(0);

        Receiver(AlertRoute route) {
            this.route = route;
        }

        @Override
        public AlertRoute route() {
            return route;
        }

        @Override
        public Kind kind() {
            return Kind.WEBHOOK;
        }

        synchronized void add(AlertMessage message) {
            got.add(message);
            arrived.release();
        }

        synchronized List<AlertMessage> got() {
            return List.copyOf(got);
        }

        void await(int messages) throws InterruptedException {
            assertTrue(arrived.tryAcquire(messages, PATIENCE.toSeconds(), TimeUnit.SECONDS), "nothing arrived");
        }

        @Override
        public Future<Void> close() {
            return Future.succeededFuture();
        }
    }

    private static final class Good extends Receiver {

        Good(AlertRoute route) {
            super(route);
        }

        @Override
        public Delivery deliver(AlertMessage message) {
            add(message);
            return new Delivery.Delivered();
        }
    }

    /** Takes what it gets, and says so when a test lets it. */
    private static final class Hanging extends Receiver {

        private final CountDownLatch released = new CountDownLatch(1);

        Hanging(AlertRoute route) {
            super(route);
        }

        @Override
        public Delivery deliver(AlertMessage message) {
            add(message);
            try {
                assertTrue(released.await(PATIENCE.toSeconds(), TimeUnit.SECONDS), "never released");
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new Delivery.Delivered();
        }
    }

    /** A process as far as one destination goes; its pauses are short, and time passes when the test says so. */
    private final class Running implements Waits {

        private final Thread thread;
        private volatile boolean stop;

        Running(String owner, AlertDestination destination) {
            Health health = new Health("test");
            InstantSource clock = InstantSource.system();
            AlertSender sender = new AlertSender(
                    destination,
                    rig.queue(owner, destination.route()),
                    new ProcessorMetrics(new SimpleMeterRegistry(), clock),
                    new Availability("receiver", Availability.Kind.OPTIONAL, health.component("receiver"), clock),
                    new Availability("PostgreSQL", Availability.Kind.ESSENTIAL, health.component("pg"), clock),
                    new Random(owner.hashCode()));
            running.add(this);
            thread = Thread.ofVirtual().start(() -> sender.run(this));
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void pause(long millis) {
            try {
                // the senders' pauses, cut short: they look again sooner, and nothing counts on how long it takes
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public boolean stopRequested() {
            return stop;
        }
    }

    private void start(String owner, AlertDestination destination) {
        new Running(owner, destination);
    }

    private void awaitCount(long count, String from) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (rig.count(from) != count) {
            assertTrue(System.nanoTime() < until, () -> count + " " + from + " are not there");
            LockSupport.parkNanos(2_000_000);
        }
    }

    @Test
    void aThousandOpeningsAtOnceAreOneMessageHoweverManyProcessesThereAre() throws Exception {
        Good receiver = new Good(OPERATIONS);
        for (int i = 0; i < 4; i++) {
            start("process " + i, receiver);
        }

        rig.commitOpened(1_000);
        rig.passGroupWait();
        receiver.await(1);
        awaitCount(1, "alert_message WHERE state = 'sent'");

        assertEquals(1, receiver.got().size());
        assertEquals(1_000, receiver.got().getFirst().count());
        assertEquals(0, rig.count("alert_delivery WHERE destination = 'operations' AND state = 'pending'"));
    }

    @Test
    void aProcessThatHangsInADeliveryIsReplacedAndHoldsUpNoOtherDestination() throws Exception {
        Hanging hanging = new Hanging(OPERATIONS);
        Good pager = new Good(PAGER);
        rig.commit(rig.opened(1, "hot", Severity.CRITICAL, PgAlertRig.MANY));
        rig.passGroupWait();
        start("hangs", hanging);
        hanging.await(1);
        Good same = new Good(OPERATIONS);
        start("second", same);
        start("hangs", pager);

        pager.await(1);
        assertEquals(List.of(), same.got());
        rig.pass(TIMING.claim());

        same.await(1);
        assertEquals(hanging.got(), same.got());
        awaitCount(2, "alert_message WHERE state = 'sent'");
        hanging.released.countDown();
        rig.pass(Duration.ofMinutes(5));
        rig.commit(rig.opened(2, "hot", Severity.CRITICAL, PgAlertRig.MANY));
        rig.passGroupWait();
        awaitCount(4, "alert_message WHERE state = 'sent'");
        assertEquals(3, hanging.got().size() + same.got().size());
    }

    /**
     * Anomalies that open and close, a receiver that fails every other time, in each way, and time that jumps, past claims too: everything
     * arrives, once or more, and nothing before what came before it. Seeded.
     */
    @Test
    void whateverFailsEachAlertArrivesAndInOrder() throws Exception {
        Random random = new Random(42);
        Receiver receiver = new Receiver(OPERATIONS) {
            private final Random fault = new Random(7);

            @Override
            public Delivery deliver(AlertMessage message) {
                int dice;
                synchronized (this) {
                    dice = fault.nextInt(6);
                    if (dice < 4) {
                        // in the last of these cases it says that it did not
                        add(message);
                    }
                }
                return switch (dice) {
                    case 0, 1, 2 -> new Delivery.Delivered();
                    case 3 -> new Delivery.Unavailable("no answer in time", Optional.empty());
                    case 4 -> new Delivery.Refused("it answered 400");
                    default -> new Delivery.Unavailable("it answered 503", Optional.of(Duration.ofMinutes(1)));
                };
            }
        };
        for (int i = 0; i < 3; i++) {
            start("process " + i, receiver);
        }
        Set<Integer> open = new HashSet<>();
        for (int number = 1; number <= 60; number++) {
            String rule = number % 3 == 0 ? "hot" : "wet";
            rig.commit(rig.opened(number, rule, Severity.WARNING, PgAlertRig.MANY));
            open.add(number);
            if (random.nextInt(3) == 0) {
                int closing = random.nextInt(number) + 1;
                if (open.remove(closing)) {
                    rig.close(closing);
                    rig.commit(rig.alert(
                            closing,
                            2,
                            AlertEvent.RESOLVED,
                            closing % 3 == 0 ? "hot" : "wet",
                            Severity.WARNING,
                            PgAlertRig.MANY));
                }
            }
            pass(Duration.ofSeconds(random.nextInt(12)));
        }
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (rig.count("alert_delivery WHERE destination = 'operations' AND state = 'pending'") > 0
                || rig.count("alert_message WHERE destination = 'operations' AND state = 'pending'") > 0) {
            assertTrue(System.nanoTime() < until, "something is never told");
            pass(Duration.ofSeconds(20));
        }

        Map<UUID, Integer> revisions = new HashMap<>();
        Map<UUID, AlertMessage> messages = new HashMap<>();
        for (AlertMessage message : receiver.got()) {
            AlertMessage before = messages.put(message.deliveryId(), message);
            assertTrue(before == null || before.equals(message), "the same delivery says the same");
            for (AlertMessage.Item item : message.listed()) {
                int known = revisions.getOrDefault(item.anomalyId(), 0);
                assertTrue(item.revision() <= known + 1, () -> "told before what came before it: " + item);
                revisions.put(item.anomalyId(), Math.max(known, item.revision()));
            }
            assertFalse(message.isTruncated());
        }
        // no opening was over before it could be told: none waited for so long
        for (int number = 1; number <= 60; number++) {
            UUID anomaly = rig.anomaly(number);
            boolean over =
                    rig.count("alert_outbox JOIN alert_delivery USING (alert_id) WHERE destination = 'operations'"
                                    + " AND state = 'over' AND anomaly_id = '" + anomaly + "'")
                            > 0;
            if (!over) {
                assertEquals(open.contains(number) ? 1 : 2, revisions.get(anomaly), "anomaly " + number);
            }
        }
    }

    /** What is updated here is also held by senders, crosswise at times: one of both gives way. */
    private void pass(Duration time) {
        try {
            rig.pass(time);
        } catch (RuntimeException e) {
            if (!String.valueOf(e.getMessage()).contains("40P01")) {
                throw e;
            }
        }
    }
}
