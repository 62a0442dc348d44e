package dev.millrace.local.kinesis.store;

import dev.millrace.core.wire.HashKey;
import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.PutEntry;
import dev.millrace.local.kinesis.protocol.ShardFilter;
import dev.millrace.local.kinesis.protocol.StartingPosition;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All streams and their records, in memory. Every method takes one lock, so that any thread may read what the server
 * stores; a call is short, and never waits while it holds the lock.
 *
 * <p>It is long because all operations share that lock and the map that it guards; what needs neither has a class of its own.
 *
 * <p>Methods throw {@link dev.millrace.local.kinesis.protocol.AwsFailure} where AWS answers an error.
 */
public final class StreamStore {

    /** The account that owns every stream. */
    public static final String ACCOUNT = "000000000000";

    private static final int MAX_SEQUENCE_GAP = 8;

    /** The most open shards when the account's limit is off: what memory allows without thought. */
    private static final int MAX_OPEN_SHARDS = 10_000;

    private final StoreSettings settings;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ShardIterators iterators;
    private final ShardPages pages;
    private final RecordMemory memory;
    private final FanOut fanOut;
    private final NavigableMap<String, Stream> streams = new TreeMap<>();
    private final Map<Long, Stream> streamsById = new HashMap<>();

    private long lastGeneration;
    private long lastOrdinal;
    private long throttled;
    private long refusedByFault;
    private long reads;
    private long readsThrottled;

    public StreamStore(StoreSettings settings, InstantSource clock, RandomGenerator random) {
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        var tokens = new OpaqueTokens(random);
        this.iterators = new ShardIterators(tokens, settings.iteratorLifetime());
        this.pages = new ShardPages(tokens);
        this.memory = new RecordMemory(settings.maxStoredBytes());
        this.fanOut = new FanOut(this, settings);
    }

    /** Registered consumers and their subscriptions. */
    public FanOut fanOut() {
        return fanOut;
    }

    public synchronized void createStream(String name, int shardCount) {
        long now = clock.millis();
        settleAll(now);
        if (streams.containsKey(name)) {
            throw AwsError.RESOURCE_IN_USE.because("Stream " + name + " under account " + ACCOUNT + " already exists.");
        }
        requireRoomFor(shardCount);
        var stream = new Stream(name, now, settings.retention().toMillis(), settings.limits(), this::nextGeneration);
        streams.put(name, stream);
        streamsById.put(stream.id(), stream);
        stream.transition(
                StreamStatus.CREATING,
                settings.transitionDelay().toMillis(),
                now,
                () -> stream.openFirstShards(shardCount, clock.millis()));
    }

    public synchronized void deleteStream(String name) {
        long now = clock.millis();
        Stream stream = activeStream(name, now);
        stream.transition(StreamStatus.DELETING, settings.transitionDelay().toMillis(), now, () -> {
            stream.shards().forEach(memory::dropped);
            streams.remove(name);
            streamsById.remove(stream.id());
            fanOut.forget(stream);
        });
    }

    public synchronized StreamDescription describe(String name) {
        return describe(stream(name, clock.millis()));
    }

    /** The shards whose ids come after {@code exclusiveStart}. */
    public synchronized List<ShardDescription> shards(String name, Optional<String> exclusiveStart) {
        return stream(name, clock.millis()).shards().stream()
                .filter(shard -> exclusiveStart.isEmpty() || shard.id().compareTo(exclusiveStart.get()) > 0)
                .map(Shard::describe)
                .toList();
    }

    /** The streams whose names come after {@code exclusiveStart}, by name. */
    public synchronized List<StreamDescription> streams(Optional<String> exclusiveStart) {
        settleAll(clock.millis());
        Map<String, Stream> rest = exclusiveStart.isEmpty() ? streams : streams.tailMap(exclusiveStart.get(), false);
        return rest.values().stream().map(this::describe).toList();
    }

    public synchronized ShardPage listShards(
            String name, Optional<String> exclusiveStart, ShardFilter filter, int maxResults) {
        long now = clock.millis();
        Stream stream = listable(stream(name, now));
        long afterNumber = stream.shards().stream()
                .filter(shard -> exclusiveStart.isPresent() && shard.id().compareTo(exclusiveStart.get()) <= 0)
                .mapToLong(Shard::number)
                .max()
                .orElse(-1);
        return pages.page(stream, afterNumber, filter, maxResults, now);
    }

    public synchronized ShardPage listMoreShards(String nextToken, int maxResults) {
        long now = clock.millis();
        ShardPages.Rest rest = pages.open(nextToken, now);
        Stream stream = listable(stream(rest.streamId(), now));
        return pages.page(stream, rest.afterNumber(), rest.filter(), maxResults, now);
    }

    /** Stores records, or refuses them one by one. The results are in the order of the entries. */
    public synchronized List<PutResult> put(String name, List<PutEntry> entries, EntryJudge judge) {
        long now = clock.millis();
        Stream stream = servingStream(name, now);
        var results = new PutResult[entries.size()];
        for (int index : order(entries.size())) {
            results[index] = put(stream, entries.get(index), judge, now);
        }
        memory.trimToFit(streams.values());
        return Arrays.asList(results);
    }

    public synchronized String iterator(String name, String shardId, StartingPosition from) {
        long now = clock.millis();
        Stream stream = servingStream(name, now);
        Shard shard = stream.shard(shardId).orElseThrow(() -> stream.noSuchShard(shardId));
        return iterators.issue(stream, shard, ShardIterators.resolve(stream, shard, from, now), now);
    }

    public synchronized ReadResult read(String iterator, int limit) {
        long now = clock.millis();
        ShardIterators.Target target = iterators.target(iterator);
        iterators.refuseExpired(iterator, now);
        Stream stream = stream(target.streamId(), now);
        Shard shard = stream.shard(target.shardNumber())
                .orElseThrow(
                        () -> AwsError.RESOURCE_NOT_FOUND.because("The iterator's shard does not exist any more."));
        if (!shard.admitsRead(now)) {
            readsThrottled++;
            throw AwsError.PROVISIONED_THROUGHPUT_EXCEEDED.because(stream.rateExceeded(shard));
        }
        reads++;
        List<StoredRecord> records = shard.read(target.position(), limit);
        long next = records.isEmpty() ? target.position() : records.getLast().position() + 1;
        int nextIndex = shard.log().indexOfPosition(next);
        if (nextIndex < shard.log().size()) {
            long reached = records.isEmpty()
                    ? shard.log().get(nextIndex).arrivedAt()
                    : records.getLast().arrivedAt();
            // 0 would say that there is nothing more
            long behind = Math.max(1, now - reached);
            return new ReadResult(records, Optional.of(iterators.issue(stream, shard, next, now)), behind, List.of());
        }
        if (shard.isOpen()) {
            return new ReadResult(records, Optional.of(iterators.issue(stream, shard, next, now)), 0, List.of());
        }
        return new ReadResult(records, Optional.empty(), 0, childShards(shard));
    }

    public synchronized void splitShard(String name, String shardId, HashKey newStart) {
        long now = clock.millis();
        Stream stream = activeStream(name, now);
        Shard shard = stream.openShard(shardId);
        stream.checkSplit(shard, newStart);
        requireRoomFor(1);
        update(stream, now, () -> stream.split(shard, newStart, clock.millis()));
    }

    public synchronized void mergeShards(String name, String shardId, String adjacentShardId) {
        long now = clock.millis();
        Stream stream = activeStream(name, now);
        Shard shard = stream.openShard(shardId);
        Shard adjacent = stream.openShard(adjacentShardId);
        stream.checkMerge(shard, adjacent);
        update(stream, now, () -> stream.merge(shard, adjacent, clock.millis()));
    }

    /** Scales a stream; answers the number of open shards before. */
    public synchronized int updateShardCount(String name, int target) {
        long now = clock.millis();
        Stream stream = activeStream(name, now);
        int current = stream.openShards();
        stream.checkScaleTo(target);
        requireRoomFor(Math.max(0, target - current));
        update(stream, now, () -> stream.scaleTo(target, clock.millis()));
        return current;
    }

    public synchronized void changeRetention(String name, int hours, boolean increase) {
        Stream stream = activeStream(name, clock.millis());
        long millis = Duration.ofHours(hours).toMillis();
        if (increase ? millis < stream.retentionMillis() : millis > stream.retentionMillis()) {
            throw AwsError.INVALID_ARGUMENT.because(
                    "Requested retention period (" + hours + " hours) for stream " + name + " can not be "
                            + (increase ? "shorter" : "longer") + " than the existing retention period.");
        }
        stream.retainFor(millis);
    }

    /** From now on every iterator that has been issued is refused as expired. */
    public synchronized void expireIterators() {
        iterators.expireAll();
    }

    /** The open shard that holds a hash key, if the stream exists. */
    public synchronized Optional<String> shardOf(String name, HashKey key) {
        return Optional.ofNullable(streams.get(name))
                .filter(Stream::servesRecords)
                .map(stream -> stream.shardOf(key).id());
    }

    /** The stream and shard that an iterator reads, in this order. */
    public synchronized Optional<List<String>> targetOf(String iterator) {
        ShardIterators.Target target = iterators.target(iterator);
        return Optional.ofNullable(streamsById.get(target.streamId()))
                .flatMap(stream -> stream.shard(target.shardNumber()).map(shard -> List.of(stream.name(), shard.id())));
    }

    /** All records of a stream, in the order in which they were stored, whatever their shard. */
    public synchronized List<StoredRecord> records(String name) {
        var records = new ArrayList<StoredRecord>();
        stream(name, clock.millis()).shards().forEach(shard -> copy(shard, records));
        records.sort(Comparator.comparingLong(StoredRecord::ordinal));
        return records;
    }

    /** All records of a shard, in their order. */
    public synchronized List<StoredRecord> records(String name, String shardId) {
        Stream stream = stream(name, clock.millis());
        var records = new ArrayList<StoredRecord>();
        copy(stream.shard(shardId).orElseThrow(() -> stream.noSuchShard(shardId)), records);
        return records;
    }

    /** The newest record of a shard, if it holds one. */
    public synchronized Optional<StoredRecord> latest(String name, String shardId) {
        Stream stream = stream(name, clock.millis());
        RecordLog log = stream.shard(shardId)
                .orElseThrow(() -> stream.noSuchShard(shardId))
                .log();
        return log.size() == 0 ? Optional.empty() : Optional.of(log.get(log.size() - 1));
    }

    public synchronized StoreCounts counts() {
        return new StoreCounts(
                lastOrdinal,
                throttled,
                refusedByFault,
                reads,
                readsThrottled,
                memory.trimmedByRetention(),
                memory.trimmedForMemory(),
                memory.records(),
                memory.bytes());
    }

    private PutResult put(Stream stream, PutEntry entry, EntryJudge judge, long now) {
        Shard shard = stream.shardOf(entry.hashKey());
        Optional<AwsError> refusal = judge.refusal(shard.id());
        if (refusal.isPresent()) {
            refusedByFault++;
            AwsError error = refusal.get();
            return new PutResult.Refused(
                    error,
                    error == AwsError.PROVISIONED_THROUGHPUT_EXCEEDED
                            ? stream.rateExceeded(shard)
                            : "Internal service failure.");
        }
        if (!shard.admits(entry, now)) {
            throttled++;
            return new PutResult.Refused(AwsError.PROVISIONED_THROUGHPUT_EXCEEDED, stream.rateExceeded(shard));
        }
        StoredRecord stored = shard.append(entry, 1 + random.nextInt(MAX_SEQUENCE_GAP), ++lastOrdinal, now);
        memory.added(stored);
        return new PutResult.Stored(stored);
    }

    /** The order in which the entries of a call are stored: their own, or any if the settings say so. */
    private int[] order(int size) {
        int[] order = new int[size];
        Arrays.setAll(order, i -> i);
        if (settings.shuffle()) {
            for (int i = size - 1; i > 0; i--) {
                int other = random.nextInt(i + 1);
                int swapped = order[i];
                order[i] = order[other];
                order[other] = swapped;
            }
        }
        return order;
    }

    private StreamDescription describe(Stream stream) {
        return new StreamDescription(
                stream.name(),
                arn(stream),
                stream.status(),
                Instant.ofEpochMilli(stream.createdAt()),
                Duration.ofMillis(stream.retentionMillis()),
                stream.openShards(),
                fanOut.count(stream, clock.millis()));
    }

    private String arn(Stream stream) {
        return "arn:aws:kinesis:" + settings.region() + ":" + ACCOUNT + ":stream/" + stream.name();
    }

    long now() {
        return clock.millis();
    }

    /** The stream that an ARN means. Under the lock. */
    Stream streamOfArn(String arn, long now) {
        Stream stream = servingStream(arn.substring(arn.lastIndexOf('/') + 1), now);
        if (!arn(stream).equals(arn)) {
            throw AwsError.RESOURCE_NOT_FOUND.because("Stream " + arn + " not found.");
        }
        return stream;
    }

    /** Whether a stream, which may have been deleted and made again, still gives records. Under the lock. */
    boolean serves(Stream stream, long now) {
        settle(stream, now);
        return streamsById.get(stream.id()) == stream && stream.servesRecords();
    }

    static List<ReadResult.ChildShard> childShards(Shard shard) {
        return shard.children().stream()
                .map(child -> new ReadResult.ChildShard(
                        child.describe(),
                        child.parents().stream().map(Shard::id).toList()))
                .toList();
    }

    private static void copy(Shard shard, List<StoredRecord> into) {
        for (int i = 0; i < shard.log().size(); i++) {
            into.add(shard.log().get(i));
        }
    }

    private void update(Stream stream, long now, Runnable change) {
        stream.transition(StreamStatus.UPDATING, settings.transitionDelay().toMillis(), now, change);
    }

    private Stream stream(String name, long now) {
        settle(streams.get(name), now);
        return Optional.ofNullable(streams.get(name))
                .orElseThrow(() -> AwsError.RESOURCE_NOT_FOUND.because(
                        "Stream " + name + " under account " + ACCOUNT + " not found."));
    }

    private Stream stream(long id, long now) {
        settle(streamsById.get(id), now);
        return Optional.ofNullable(streamsById.get(id))
                .filter(Stream::servesRecords)
                .orElseThrow(() -> AwsError.RESOURCE_NOT_FOUND.because("The stream does not exist any more."));
    }

    private Stream servingStream(String name, long now) {
        Stream stream = stream(name, now);
        if (!stream.servesRecords()) {
            throw AwsError.RESOURCE_NOT_FOUND.because("Stream " + name + " under account " + ACCOUNT + " not found.");
        }
        return stream;
    }

    private Stream activeStream(String name, long now) {
        Stream stream = stream(name, now);
        if (stream.status() != StreamStatus.ACTIVE) {
            throw stream.notActive();
        }
        return stream;
    }

    private static Stream listable(Stream stream) {
        if (!stream.servesRecords()) {
            throw stream.notActive();
        }
        return stream;
    }

    private void requireRoomFor(int more) {
        int limit = settings.limits().openShards() == 0
                ? MAX_OPEN_SHARDS
                : settings.limits().openShards();
        int open = streams.values().stream().mapToInt(Stream::openShards).sum();
        if (open + (long) more > limit) {
            throw AwsError.LIMIT_EXCEEDED.because("This request would exceed the shard limit for the account " + ACCOUNT
                    + ". Current shard count for the account: " + open + ". Limit: " + limit
                    + ". Number of additional shards that would have resulted from this request: " + more + ".");
        }
    }

    private void settleAll(long now) {
        List.copyOf(streams.values()).forEach(stream -> settle(stream, now));
    }

    private void settle(@Nullable Stream stream, long now) {
        if (stream != null) {
            stream.settle(now);
            memory.trimByRetention(stream, now);
        }
    }

    /** Microseconds of the clock, or one more than the last: it rises strictly, also over a restart of the emulator. */
    private long nextGeneration() {
        lastGeneration = Math.max(lastGeneration + 1, clock.millis() * 1_000);
        return lastGeneration;
    }
}
