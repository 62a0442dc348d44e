package dev.millrace.processor.shard;

import dev.millrace.core.connect.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;

/**
 * Reads a shard by enhanced fan-out: Kinesis pushes what arrives, and other readers of the shard take nothing of it. It polls
 * until a subscription stands, and whenever one has ended, until the next stands:
 *
 * <pre>
 *            ┌──────────── refused, no answer ───────────┐
 *            ▼                                           │
 *        polling ──── a poll worked, no back-off ──▶ polling, subscription asked for
 *            ▲                                           │ first event
 *            └──── ended, failed, silent ──── pushed ◀───┘
 * </pre>
 *
 * A subscription begins where polling stood when it was asked for, and what polling has read since is passed over by its
 * sequence numbers, which rise within a shard. Polling goes on behind the last record given. So nothing is lost or given twice.
 */
final class KinesisFanOutReader implements ShardReader {

    private static final Logger LOG = LoggerFactory.getLogger(KinesisFanOutReader.class);

    /** Another owner may be subscribed still; a second subscription within five seconds of one is refused. */
    private static final Retry RETRY = new Retry(Duration.ofSeconds(1), Duration.ofSeconds(30));

    /** How long a read waits for an event before it lets its caller look around. */
    private static final Duration WAIT = Duration.ofMillis(200);

    /** Kinesis sends an event each five seconds or so, if only an empty one. */
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(30);

    /**
     * An event that came so long after it was asked for was not waiting in a buffer on this side; so it was not sent before it
     * was asked for, but for what the network held it up, which the stream time's margin covers.
     */
    private static final long WAS_NOT_WAITING_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A continuation is as good as the last record for so long: what follows it cannot have been trimmed. */
    private static final long FRESH_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final KinesisReaders shared;
    private final KinesisReaders.FanOut fanOut;
    private final KinesisCalls calls;
    private final long created;
    private final String shardId;
    private final KinesisShardReader polling;

    private ReadFrom from = new ReadFrom.TrimHorizon();
    private @Nullable KinesisSubscription subscription;

    /** Whether events are read, not polls. */
    private boolean pushed;

    private String lastRead = "";
    private String continuation = "";
    private long lastSignal;
    private long askedSince;
    private int refusals;
    private long notBefore;

    /** By Kinesis' clock, when the last poll was answered, and what our monotonic clock told then: events have no Date. */
    private long polledAt;

    private long polledAtNanos;

    /** By Kinesis' clock, a time before which the last event cannot have been sent. */
    private long sentAfter;

    private long millisBehind;
    private @Nullable SubscribeToShardEvent held;
    private ReadBudget.@Nullable Claim claim;
    private ReadBudget.@Nullable Room given;

    KinesisFanOutReader(KinesisReaders shared, KinesisReaders.FanOut fanOut, long created, String shardId) {
        this.shared = shared;
        this.fanOut = fanOut;
        this.calls = new KinesisCalls(shared.vertx());
        this.created = created;
        this.shardId = shardId;
        this.polling = new KinesisShardReader(shared, created, shardId);
        this.notBefore = shared.nanos();
    }

    @Override
    public void seek(ReadFrom to) {
        drop();
        polling.seek(to);
        from = to;
        lastRead = "";
        continuation = "";
    }

    @Override
    public boolean waitsForRecords() {
        return pushed;
    }

    @Override
    public void readAhead(long delayMillis) {
        KinesisSubscription current = subscription;
        if (pushed && current != null) {
            CompletableFuture<?> _ = current.ask();
        } else {
            polling.readAhead(delayMillis);
        }
    }

    @Override
    public void close() {
        drop();
        polling.close();
    }

    @Override
    public ShardRead read() {
        if (given != null) {
            given.release();
            given = null;
        }
        try {
            if (subscription != null) {
                Optional<ShardRead> event = event(subscription);
                if (event.isPresent()) {
                    return event.get();
                }
            }
        } catch (KinesisCalls.Failure e) {
            end(Optional.ofNullable(e.getCause()));
        }
        return poll();
    }

    private ShardRead poll() {
        ShardRead read = polling.read();
        if (read instanceof ShardRead.Records records) {
            lastRead = polling.lastRead();
            polledAt = records.answeredAt();
            polledAtNanos = shared.nanos();
            if (records.atEnd()) {
                drop();
            } else if (subscription == null
                    && shared.nanos() - notBefore >= 0
                    && (!lastRead.isEmpty() || records.millisBehind() == 0)) {
                subscribe();
            }
        } else if (read instanceof ShardRead.PlaceLost) {
            drop();
        }
        return read;
    }

    private void subscribe() {
        StartingPosition.Builder start = StartingPosition.builder();
        String behind =
                !continuation.isEmpty() && isFresh() && follows(continuation, lastRead) ? continuation : lastRead;
        if (!behind.isEmpty()) {
            start.type(ShardIteratorType.AFTER_SEQUENCE_NUMBER).sequenceNumber(behind);
        } else if (from instanceof ReadFrom.At(long micros)) {
            start.type(ShardIteratorType.AT_TIMESTAMP).timestamp(KinesisCalls.firstMilli(micros));
        } else {
            // where there was a position, all up to it and all behind it is gone: a poll has found nothing
            start.type(ShardIteratorType.TRIM_HORIZON);
        }
        CompletableFuture<String> consumer = fanOut.consumers()
                .arn()
                .thenCompose(arn -> shared.check().created().thenApply(now -> {
                    if (now != created) {
                        throw new IllegalStateException("the stream was deleted and made again");
                    }
                    return arn;
                }));
        subscription = KinesisSubscription.open(fanOut.client(), shared::nanos, consumer, shardId, start.build());
        sentAfter = polledAt;
        askedSince = shared.nanos();
        CompletableFuture<?> _ = subscription.ask();
    }

    /** What the subscription has; nothing where polling goes on. */
    private Optional<ShardRead> event(KinesisSubscription current) throws KinesisCalls.Failure {
        if (held == null) {
            CompletableFuture<KinesisSubscription.Signal> next = current.ask();
            if (!pushed && !next.isDone()) {
                if (silent()) {
                    end(Optional.of(new IllegalStateException("no answer in time")));
                }
                return Optional.empty();
            }
            Optional<KinesisSubscription.Signal> signal = calls.await(next.thenApply(Optional::of)
                    .completeOnTimeout(Optional.empty(), WAIT.toMillis(), TimeUnit.MILLISECONDS));
            if (signal.isEmpty()) {
                if (silent()) {
                    end(Optional.of(new IllegalStateException("no event in time")));
                    return Optional.empty();
                }
                // no more is claimed than the last event said
                return Optional.of(new ShardRead.Records(List.of(), millisBehind, false, sentAfter));
            }
            current.taken();
            switch (signal.get()) {
                case KinesisSubscription.Signal.Over(Optional<Throwable> failure) -> {
                    end(failure);
                    return Optional.empty();
                }
                case KinesisSubscription.Signal.Event(SubscribeToShardEvent event, long askedAt, long arrivedAt) -> {
                    if (event.continuationSequenceNumber() == null && !event.hasChildShards()) {
                        // no end and no place to go on from: polling finds out
                        end(Optional.of(new IllegalStateException("an event without a continuation")));
                        return Optional.empty();
                    }
                    held = event;
                    lastSignal = arrivedAt;
                    if (pushed && arrivedAt - askedAt > WAS_NOT_WAITING_NANOS) {
                        sentAfter = polledAt + TimeUnit.NANOSECONDS.toMicros(askedAt - polledAtNanos);
                    }
                    if (!pushed) {
                        pushed = true;
                        polling.close();
                    }
                }
            }
        }
        return Optional.of(give(held));
    }

    private boolean isFresh() {
        return shared.nanos() - lastSignal < FRESH_NANOS;
    }

    private boolean silent() {
        long since = pushed ? lastSignal : askedSince;
        return shared.nanos() - since > SILENT_NANOS;
    }

    private ShardRead give(SubscribeToShardEvent event) throws KinesisCalls.Failure {
        List<ShardRecord> records = new ArrayList<>(event.records().size());
        event.records().forEach(record -> records.add(KinesisCalls.record(record)));
        records.removeIf(record -> !follows(record.sequenceNumber(), lastRead));
        if (claim == null) {
            claim = shared.budget().claim(KinesisCalls.bytes(records));
        }
        Optional<ReadBudget.Room> room = calls.await(claim.room()
                .thenApply(Optional::of)
                .completeOnTimeout(Optional.empty(), WAIT.toMillis(), TimeUnit.MILLISECONDS));
        if (room.isEmpty()) {
            return new ShardRead.Waiting();
        }
        claim = null;
        given = room.get();
        held = null;
        refusals = 0;
        boolean atEnd = event.continuationSequenceNumber() == null;
        if (!records.isEmpty()) {
            lastRead = records.getLast().sequenceNumber();
        }
        continuation = atEnd ? "" : event.continuationSequenceNumber();
        millisBehind = event.millisBehindLatest() == null ? 0 : event.millisBehindLatest();
        return new ShardRead.Records(records, millisBehind, atEnd, sentAfter);
    }

    /** Whether a sequence number is above another; they are decimal, without leading zeros. */
    static boolean follows(String sequenceNumber, String other) {
        return sequenceNumber.length() == other.length()
                ? sequenceNumber.compareTo(other) > 0
                : sequenceNumber.length() > other.length();
    }

    /** The subscription is over: polling goes on where it stood. */
    private void end(Optional<Throwable> failure) {
        long now = shared.nanos();
        boolean stood = pushed;
        boolean fresh = stood && !continuation.isEmpty() && isFresh();
        drop();
        if (stood) {
            polling.goOnBehind(lastRead, fresh ? Optional.of(continuation) : Optional.empty());
        }
        failure.ifPresentOrElse(
                cause -> {
                    long delay = RETRY.delayMillis(++refusals, fanOut.random());
                    notBefore = now + TimeUnit.MILLISECONDS.toNanos(delay);
                    fanOut.consumers().forget();
                    LOG.info(
                            "Shard {} is polled: {}; a subscription is tried again in {} ms",
                            shardId,
                            new KinesisCalls.Failure(cause).reason(),
                            delay);
                },
                () -> notBefore = now);
    }

    private void drop() {
        if (subscription != null) {
            subscription.cancel();
            subscription = null;
        }
        if (claim != null) {
            claim.giveUp();
            claim = null;
        }
        if (given != null) {
            given.release();
            given = null;
        }
        held = null;
        pushed = false;
    }
}
