package dev.millrace.local.kinesis.store;

import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.AwsFailure;
import dev.millrace.local.kinesis.protocol.ConsumerName;
import dev.millrace.local.kinesis.protocol.StartingPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Registered consumers and their subscriptions (enhanced fan-out). Each consumer has a shard's full read rate for itself, and
 * one subscription to a shard at a time: a second one is refused within five seconds of the first, and takes over after that.
 * Guarded by the lock of the {@link StreamStore}.
 *
 * <p>Methods throw {@link AwsFailure} where AWS answers an error.
 */
public final class FanOut {

    private static final int MAX_CONSUMERS = 20;
    private static final int MAX_CREATING = 5;
    private static final int SUBSCRIBES_PER_SECOND = 5;
    private static final long TAKE_OVER_MILLIS = 5_000;

    /** So that an event is a small part of what a shard gives in a second. */
    private static final int MAX_EVENT_BYTES = 512 * 1024;

    private final StreamStore store;
    private final StoreSettings settings;
    private final Map<Long, Map<String, Registered>> consumers = new HashMap<>();

    FanOut(StreamStore store, StoreSettings settings) {
        this.store = store;
        this.settings = settings;
    }

    private static final class Registered {

        private final String name;
        private final String arn;
        private final String streamArn;
        private final long createdAt;
        private final long activeAt;
        private final Map<String, Line> lines = new HashMap<>();
        private long goneAt = Long.MAX_VALUE;

        Registered(String name, String streamArn, long now, long delayMillis) {
            this.name = name;
            this.streamArn = streamArn;
            this.arn = streamArn + "/consumer/" + name + ":" + now / 1_000;
            this.createdAt = now;
            this.activeAt = now + delayMillis;
        }

        Consumer.Status status(long now) {
            if (goneAt != Long.MAX_VALUE) {
                return Consumer.Status.DELETING;
            }
            return now < activeAt ? Consumer.Status.CREATING : Consumer.Status.ACTIVE;
        }

        Consumer describe(long now) {
            return new Consumer(name, arn, status(now), Instant.ofEpochMilli(createdAt), streamArn);
        }
    }

    /** What a consumer has of a shard. */
    private static final class Line {

        private final TokenBucket calls;
        private final TokenBucket bytes;
        private @Nullable Subscription current;
        private long lastSubscribed = Long.MIN_VALUE / 2;

        Line(Limits limits, long now) {
            calls = new TokenBucket(SUBSCRIBES_PER_SECOND, now);
            bytes = new TokenBucket(limits.readBytesPerSecond(), now);
        }
    }

    /** What a subscriber gets next. */
    public sealed interface Push {

        /**
         * Records, or none.
         *
         * @param continuation the sequence number behind which to subscribe again; none at the end of a closed shard
         * @param millisBehind 0 only where there is nothing more at the moment
         * @param childShards only at the end of a closed shard
         */
        record Event(
                List<StoredRecord> records,
                Optional<String> continuation,
                long millisBehind,
                List<ReadResult.ChildShard> childShards)
                implements Push {}

        /** Nothing at the moment. */
        record Nothing() implements Push {}

        /** The subscription is over: its time, or an error. */
        record Over(Optional<AwsFailure> failure) implements Push {}
    }

    /** A subscription of a consumer to a shard. Used by one thread. */
    public final class Subscription {

        private final Stream stream;
        private final Shard shard;
        private final Registered consumer;
        private final Line line;
        private final long endsAt;
        private long position;
        private boolean readOut;

        private Subscription(Stream stream, Shard shard, Registered consumer, Line line, long endsAt, long position) {
            this.stream = stream;
            this.shard = shard;
            this.consumer = consumer;
            this.line = line;
            this.endsAt = endsAt;
            this.position = position;
        }

        /**
         * What comes next.
         *
         * @param evenIfEmpty whether an event without records is wanted where there are none
         */
        public Push next(boolean evenIfEmpty) {
            synchronized (store) {
                long now = store.now();
                if (line.current != this) {
                    return over(AwsError.RESOURCE_IN_USE.because(
                            "Another active subscription exists for this consumer: " + StreamStore.ACCOUNT + ":"
                                    + stream.name() + ":" + shard.id() + ":" + consumer.name));
                }
                if (!store.serves(stream, now)
                        || find(stream, consumer.name, now).isEmpty()) {
                    return over(
                            AwsError.RESOURCE_NOT_FOUND.because("The stream or the consumer does not exist any more."));
                }
                if (readOut || now >= endsAt) {
                    return new Push.Over(Optional.empty());
                }
                return event(now, evenIfEmpty);
            }
        }

        private Push event(long now, boolean evenIfEmpty) {
            boolean throttled = !line.bytes.has(1, now);
            List<StoredRecord> records = throttled ? List.of() : shard.copy(position, MAX_EVENT_BYTES);
            records.forEach(stored -> line.bytes.take(stored.size()));
            if (!records.isEmpty()) {
                position = records.getLast().position() + 1;
            }
            int nextIndex = shard.log().indexOfPosition(position);
            boolean more = nextIndex < shard.log().size();
            readOut = !more && !shard.isOpen();
            if (records.isEmpty() && !readOut && !evenIfEmpty) {
                return new Push.Nothing();
            }
            long reached = records.isEmpty() ? now : records.getLast().arrivedAt();
            return new Push.Event(
                    records,
                    readOut
                            ? Optional.empty()
                            : Optional.of(shard.sequenceNumbers().of(Math.max(0, position - 1))),
                    more ? Math.max(1, now - reached) : 0,
                    readOut ? StreamStore.childShards(shard) : List.of());
        }

        private static Push over(AwsFailure failure) {
            return new Push.Over(Optional.of(failure));
        }

        /** The subscriber has gone. */
        public void cancel() {
            synchronized (store) {
                if (line.current == this) {
                    line.current = null;
                }
            }
        }
    }

    public Consumer register(String streamArn, String name) {
        synchronized (store) {
            long now = store.now();
            Stream stream = store.streamOfArn(streamArn, now);
            if (find(stream, name, now).isPresent()) {
                throw AwsError.RESOURCE_IN_USE.because("Consumer under stream " + stream.name()
                        + " already exists for account " + StreamStore.ACCOUNT + ": " + name);
            }
            Map<String, Registered> all = all(stream, now);
            if (all.size() >= MAX_CONSUMERS
                    || all.values().stream()
                                    .filter(one -> one.status(now) == Consumer.Status.CREATING)
                                    .count()
                            >= MAX_CREATING) {
                throw AwsError.LIMIT_EXCEEDED.because(
                        "Maximum number of stream consumers or of those being created exceeded for stream "
                                + stream.name());
            }
            var registered = new Registered(
                    name, streamArn, now, settings.transitionDelay().toMillis());
            all.put(name, registered);
            return registered.describe(now);
        }
    }

    public Consumer describe(ConsumerName name) {
        synchronized (store) {
            long now = store.now();
            return registered(name, now).describe(now);
        }
    }

    public List<Consumer> list(String streamArn) {
        synchronized (store) {
            long now = store.now();
            List<Consumer> described = new ArrayList<>();
            all(store.streamOfArn(streamArn, now), now).values().forEach(one -> described.add(one.describe(now)));
            return described;
        }
    }

    public void deregister(ConsumerName name) {
        synchronized (store) {
            long now = store.now();
            registered(name, now).goneAt = now + settings.transitionDelay().toMillis();
        }
    }

    public Subscription subscribe(ConsumerName name, String shardId, StartingPosition from) {
        synchronized (store) {
            long now = store.now();
            Registered consumer = registered(name, now);
            Stream stream = store.streamOfArn(consumer.streamArn, now);
            if (consumer.status(now) != Consumer.Status.ACTIVE) {
                throw AwsError.RESOURCE_IN_USE.because("Consumer " + consumer.arn + " is not ACTIVE.");
            }
            Shard shard = stream.shard(shardId).orElseThrow(() -> stream.noSuchShard(shardId));
            Line line = consumer.lines.computeIfAbsent(shardId, _ -> new Line(settings.limits(), now));
            if (!line.calls.has(1, now)) {
                throw AwsError.LIMIT_EXCEEDED.because(
                        "Rate exceeded for consumer " + consumer.arn + " and shard " + shardId);
            }
            line.calls.take(1);
            if (now - line.lastSubscribed < TAKE_OVER_MILLIS) {
                throw AwsError.RESOURCE_IN_USE.because("Another active subscription exists for this consumer: "
                        + StreamStore.ACCOUNT + ":" + stream.name() + ":" + shardId + ":" + consumer.name);
            }
            long position = ShardIterators.resolve(stream, shard, from, now);
            var subscription = new Subscription(
                    stream,
                    shard,
                    consumer,
                    line,
                    now + settings.subscriptionLifetime().toMillis(),
                    position);
            line.current = subscription;
            line.lastSubscribed = now;
            return subscription;
        }
    }

    /** How many consumers a stream has. Under the store's lock. */
    int count(Stream stream, long now) {
        return all(stream, now).size();
    }

    /** A stream is gone. Under the store's lock. */
    void forget(Stream stream) {
        consumers.remove(stream.id());
    }

    private Registered registered(ConsumerName name, long now) {
        Stream stream = store.streamOfArn(name.streamArn(), now);
        return find(stream, name.name(), now)
                .filter(found -> name.arn().isEmpty() || name.arn().get().equals(found.arn))
                .orElseThrow(() -> AwsError.RESOURCE_NOT_FOUND.because("Consumer " + name.name() + " of stream "
                        + stream.name() + " under account " + StreamStore.ACCOUNT + " not found."));
    }

    private Optional<Registered> find(Stream stream, String name, long now) {
        return Optional.ofNullable(all(stream, now).get(name));
    }

    private Map<String, Registered> all(Stream stream, long now) {
        Map<String, Registered> all = consumers.computeIfAbsent(stream.id(), _ -> new TreeMap<>());
        all.values().removeIf(one -> one.goneAt <= now);
        return all;
    }
}
