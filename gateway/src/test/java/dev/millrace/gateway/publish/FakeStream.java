package dev.millrace.gateway.publish;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A stream in memory whose calls a test answers by hand, or all by one rule. */
public final class FakeStream implements ShardedStream {

    /** One PutRecords call under way. */
    public record Call(List<Entry> entries, Promise<List<PutResult>> promise) {

        /** Accepts every entry. */
        public void accept(FakeStream stream) {
            List<PutResult> results = new ArrayList<>();
            for (Entry entry : entries) {
                results.add(stream.store(entry));
            }
            promise.complete(results);
        }

        public void answer(PutResult... results) {
            promise.complete(List.of(results));
        }
    }

    /** Decides about one entry at a time; it may store it. */
    public interface Rule {
        PutResult put(Entry entry);
    }

    private volatile ShardMap shards;
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private volatile Rule rule = _ -> {
        throw new IllegalStateException("no rule");
    };
    private volatile boolean ruled;

    /** A stream with that many shards of equal ranges, named shard-0, shard-1 and so on. */
    public FakeStream(int shards) {
        this.shards = evenly(shards);
    }

    /** The availability of something that no test looks at. */
    public static Availability availability() {
        return new Availability(
                "Test",
                Availability.Kind.NEEDED_AT_START,
                new Health("test").component("test"),
                InstantSource.system());
    }

    static ShardMap evenly(int count) {
        BigInteger size = BigInteger.TWO.pow(128).divide(BigInteger.valueOf(count));
        List<Shard> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            HashKey start = HashKey.of(size.multiply(BigInteger.valueOf(i)));
            HashKey end = i == count - 1
                    ? HashKey.MAX
                    : HashKey.of(size.multiply(BigInteger.valueOf(i + 1)).subtract(BigInteger.ONE));
            list.add(new Shard("shard-" + i, new HashKeyRange(start, end)));
        }
        return new ShardMap(list);
    }

    /** From now on the stream has these shards. */
    void reshard(ShardMap to) {
        shards = to;
    }

    /** From now on the rule answers every call at once. */
    public void answerBy(Rule newRule) {
        rule = newRule;
        ruled = true;
    }

    /** From now on every entry is accepted at once. */
    public void acceptAll() {
        answerBy(this::store);
    }

    /** From now on every call waits for its answer. */
    public void hold() {
        ruled = false;
    }

    /** The next call that waits for its answer. */
    public Call nextCall() throws InterruptedException {
        Call call = calls.poll(20, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("the publisher made no call");
        }
        return call;
    }

    public int waitingCalls() {
        return calls.size();
    }

    /** Puts an entry into the stream. */
    public PutResult store(Entry entry) {
        lines.addAll(lines(entry));
        return new PutResult.Accepted(shardOf(entry));
    }

    String shardOf(Entry entry) {
        return shards.shards()
                .get(shards.indexOf(HashKey.ofPartitionKey(entry.partitionKey())))
                .id();
    }

    /** The lines of the readings that it holds, in the order in which they came. */
    public List<String> lines() {
        return lines;
    }

    /** The lines of an entry's readings. */
    public static List<String> lines(Entry entry) {
        return switch (StreamRecord.decode(entry.partitionKey(), entry.data())) {
            case StreamRecord.Aggregate(List<UserRecord> records) ->
                records.stream()
                        .map(record -> new String(record.data(), StandardCharsets.UTF_8).strip())
                        .toList();
            case StreamRecord.Plain _ -> throw new AssertionError("a plain record");
        };
    }

    @Override
    public Future<ShardMap> shardMap() {
        return Future.succeededFuture(shards);
    }

    @Override
    public Future<List<PutResult>> putRecords(List<Entry> entries) {
        if (ruled) {
            return Future.succeededFuture(entries.stream().map(rule::put).toList());
        }
        Promise<List<PutResult>> promise = Promise.promise();
        calls.add(new Call(entries, promise));
        return promise.future();
    }
}
