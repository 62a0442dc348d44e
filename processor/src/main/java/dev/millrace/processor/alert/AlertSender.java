package dev.millrace.processor.alert;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one destination what it is to be told, a message at a time: a task of its own, so that one that hangs holds nobody else up. At least
 * once: what was delivered, and could not be noted so, is delivered again.
 */
public final class AlertSender implements Tasks.Program {

    private static final Logger LOG = LoggerFactory.getLogger(AlertSender.class);

    /** Far below the time that alerts are gathered for anyway. */
    static final long POLL_MILLIS = 1_000;

    static final Retry RETRY = new Retry(Duration.ofSeconds(1), Duration.ofMinutes(5));

    /** What a destination may ask for at most: it may be wrong, too. */
    static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

    private static final Retry DATABASE_RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(5));

    /** Within the time of a claim, so that nobody else tells it meanwhile. */
    private static final int NOTES = 5;

    private final AlertDestination destination;
    private final AlertQueue queue;
    private final AlertMeter meter;
    private final Availability availability;
    private final Availability postgresql;
    private final RandomGenerator random;
    private final String part;
    private int databaseFailures;

    /** @param availability that of the destination */
    public AlertSender(
            AlertDestination destination,
            AlertQueue queue,
            AlertMeter meter,
            Availability availability,
            Availability postgresql,
            RandomGenerator random) {
        this.destination = destination;
        this.queue = queue;
        this.meter = meter;
        this.availability = availability;
        this.postgresql = postgresql;
        this.random = random;
        this.part = "alerts to " + destination.route().destination();
    }

    @Override
    public void run(Waits waits) {
        while (!waits.stopRequested()) {
            switch (queue.next()) {
                case AlertQueue.Send send -> {
                    databaseWorks();
                    tell(send, waits);
                }
                case AlertQueue.Suppressed(AlertEvent event, int alerts) ->
                    meter.suppressed(destination.kind(), event, alerts);
                case AlertQueue.Wait(long millis) -> {
                    databaseWorks();
                    waits.pause(Math.clamp(millis, 1, POLL_MILLIS));
                }
                case AlertQueue.Away(String reason) -> waits.pause(databaseFails(reason));
            }
        }
        queue.close();
    }

    private void databaseWorks() {
        databaseFailures = 0;
        postgresql.worked(part);
    }

    private long databaseFails(String reason) {
        databaseFailures++;
        postgresql.failed(part, "alerts cannot be read: " + reason);
        return DATABASE_RETRY.delayMillis(databaseFailures, random);
    }

    private void tell(AlertQueue.Send send, Waits waits) {
        AlertMessage message = send.message();
        AlertQueue.Result result =
                switch (destination.deliver(message)) {
                    case Delivery.Delivered _ -> new AlertQueue.Delivered();
                    case Delivery.Refused(String reason) ->
                        new AlertQueue.RetryMessage(reason, RETRY.delayMillis(send.attempts() + 1, random));
                    case Delivery.Unavailable unavailable ->
                        new AlertQueue.RetryDestination(
                                unavailable.reason(),
                                delayMillis(send, unavailable),
                                RETRY.delayMillis(send.attempts() + 1, random));
                };
        switch (result) {
            case AlertQueue.Delivered _ -> {
                availability.worked(part);
                meter.sent(destination.kind(), message.event(), message.count());
                note(message, result, "", waits);
            }
            case AlertQueue.RetryMessage(String reason, long _) -> fail(message, result, reason, waits);
            case AlertQueue.RetryDestination(String reason, long _, long _) -> fail(message, result, reason, waits);
        }
    }

    /** Not before the destination wants it, and not all at the same time then. */
    private long delayMillis(AlertQueue.Send send, Delivery.Unavailable unavailable) {
        long own = RETRY.delayMillis(send.failures() + 1, random);
        return unavailable
                .retryAfter()
                .map(wanted -> Math.min(wanted.toMillis(), LONGEST_RETRY_AFTER.toMillis()) + own)
                .orElse(own);
    }

    private void fail(AlertMessage message, AlertQueue.Result result, String reason, Waits waits) {
        availability.failed(part, reason);
        meter.failed(destination.kind(), message.event());
        note(message, result, reason, waits);
    }

    private void note(AlertMessage message, AlertQueue.Result result, String reason, Waits waits) {
        for (int attempt = 1; ; attempt++) {
            switch (queue.settle(message, result)) {
                case AlertQueue.Noted _ -> {
                    return;
                }
                case AlertQueue.GivenUp _ -> {
                    meter.dead(destination.kind(), message.event(), message.count());
                    LOG.warn(
                            "A message about {} anomalies of the rule {} could not be delivered to {}, and is given up: {}",
                            message.count(),
                            message.rule(),
                            destination.route().destination(),
                            reason);
                    return;
                }
                case AlertQueue.Away(String away) -> {
                    long delay = databaseFails(away);
                    if (attempt == NOTES || waits.stopRequested()) {
                        return;
                    }
                    waits.pause(delay);
                }
            }
        }
    }
}
