package dev.millrace.gateway.publish;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A stream in virtual time that splits and merges, and does all that Kinesis may: throttles entries, loses answers, accepts
 * late, keeps no order within a call, and tells a shard map that fails, is late, incomplete or old.
 */
final class SimulatedStream implements ShardedStream {

    private static final long MILLI = 1_000_000;

    private final VirtualLoop loop;
    private final Random random;
    private final List<ShardMap> history = new ArrayList<>();
    private final Set<String> held = new HashSet<>();
    private final Map<String, List<String>> firstOccurrences = new LinkedHashMap<>();
    private int lastShard;
    private int callsUnderWay;
    private String throttled = "";

    /** How much goes wrong, from 0 to 1. */
    double faults;

    /** Records that readers skip, since they hold a key of another shard. */
    int skipped;

    SimulatedStream(VirtualLoop loop, Random random, int shards) {
        this.loop = loop;
        this.random = random;
        history.add(FakeStream.evenly(shards));
        lastShard = shards - 1;
    }

    ShardMap map() {
        return history.getLast();
    }

    boolean isIdle() {
        return callsUnderWay == 0;
    }

    /** Whether a record that counts holds a line. */
    boolean holds(String line) {
        return held.contains(line);
    }

    /** Of each sensor the lines that count, in the order of their first occurrence. */
    Map<String, List<String>> firstOccurrences() {
        return firstOccurrences;
    }

    /** Splits or merges at random, and throttles another shard, or none. */
    void upset() {
        List<Shard> shards = new ArrayList<>(map().shards());
        int at = random.nextInt(shards.size());
        if (shards.size() > 1 && random.nextInt(6) < shards.size()) {
            int left = Math.min(at, shards.size() - 2);
            Shard upper = shards.remove(left + 1);
            Shard lower = shards.remove(left);
            shards.add(shard(lower.range().start(), upper.range().end()));
        } else {
            Shard whole = shards.remove(at);
            BigInteger start = whole.range().start().toBigInteger();
            BigInteger middle = start.add(whole.range().end().toBigInteger()).shiftRight(1);
            shards.add(shard(whole.range().start(), HashKey.of(middle)));
            shards.add(
                    shard(HashKey.of(middle.add(BigInteger.ONE)), whole.range().end()));
        }
        history.add(new ShardMap(shards));
        throttled = random.nextBoolean()
                ? ""
                : map().shards().get(random.nextInt(shards.size())).id();
    }

    private Shard shard(HashKey start, HashKey end) {
        return new Shard("shard-" + ++lastShard, new HashKeyRange(start, end));
    }

    @Override
    public Future<ShardMap> shardMap() {
        Promise<ShardMap> promise = Promise.promise();
        boolean strikes = random.nextDouble() < faults * 2;
        int fault = random.nextInt(4);
        ShardMap asked = map();
        loop.in(MILLI + random.nextLong((strikes ? 400 : 20) * MILLI), () -> {
            if (!strikes) {
                promise.complete(random.nextBoolean() ? asked : map());
                return;
            }
            switch (fault) {
                case 0 -> promise.fail("LimitExceededException");
                case 1 -> promise.fail(new IllegalArgumentException("the shards do not hold every hash key once"));
                // a reader of an index that lags, not even always by the same
                case 2 -> promise.complete(history.get(Math.max(0, history.size() - 1 - random.nextInt(3))));
                default -> promise.complete(asked);
            }
        });
        return promise.future();
    }

    @Override
    public Future<List<PutResult>> putRecords(List<Entry> entries) {
        Promise<List<PutResult>> promise = Promise.promise();
        callsUnderWay++;
        long there = MILLI + random.nextLong(10 * MILLI);
        // now and then so late that the stream is resharded again meanwhile
        long back = MILLI + random.nextLong((random.nextInt(12) == 0 ? 900 : 10) * MILLI);
        List<PutResult> unknown = Collections.nCopies(entries.size(), new PutResult.Unknown("lost"));
        if (random.nextDouble() >= faults) {
            loop.in(there, () -> {
                List<PutResult> results = put(entries);
                loop.in(back, () -> end(promise, results));
            });
            return promise.future();
        }
        switch (random.nextInt(3)) {
            // never arrives
            case 0 -> loop.in(there + back, () -> end(promise, unknown));
            // arrives, and nobody learns
            case 1 ->
                loop.in(there, () -> {
                    put(entries);
                    loop.in(back, () -> end(promise, unknown));
                });
            // arrives when nobody waits any more
            default -> {
                loop.in(there + back, () -> end(promise, unknown));
                callsUnderWay++;
                loop.in(there + back + random.nextLong(900 * MILLI), () -> {
                    put(entries);
                    callsUnderWay--;
                });
            }
        }
        return promise.future();
    }

    private void end(Promise<List<PutResult>> promise, List<PutResult> results) {
        callsUnderWay--;
        promise.complete(results);
    }

    private List<PutResult> put(List<Entry> entries) {
        PutResult[] results = new PutResult[entries.size()];
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, random);
        for (int i : order) {
            results[i] = put(entries.get(i));
        }
        return List.of(results);
    }

    private PutResult put(Entry entry) {
        Shard shard = map().shards().get(map().indexOf(HashKey.ofPartitionKey(entry.partitionKey())));
        if (shard.id().equals(throttled) ? random.nextInt(10) > 0 : random.nextDouble() < faults) {
            return random.nextInt(4) > 0 ? new PutResult.Throttled() : new PutResult.Unknown("InternalFailure");
        }
        if (StreamRecord.decode(entry.partitionKey(), entry.data()) instanceof StreamRecord.Aggregate aggregate
                && aggregate.belongsTo(shard.range())) {
            aggregate.records().forEach(this::hold);
        } else {
            skipped++;
        }
        return new PutResult.Accepted(shard.id());
    }

    private void hold(UserRecord record) {
        String line = new String(record.data(), StandardCharsets.UTF_8);
        if (held.add(line)) {
            firstOccurrences
                    .computeIfAbsent(record.partitionKey(), _ -> new ArrayList<>())
                    .add(line);
        }
    }
}
