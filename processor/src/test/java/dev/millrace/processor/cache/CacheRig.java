package dev.millrace.processor.cache;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.ShardKey;
import dev.millrace.processor.task.VertxTasks;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.math.BigInteger;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that keeps the latest values of two shards in Redis, and a database in memory that outlives it. */
final class CacheRig {

    static final long NOON = 1_764_849_600_000_000L;
    static final long SECOND = 1_000_000;

    private static final HashKey MIDDLE = HashKey.of(BigInteger.ONE.shiftLeft(127));

    static final List<HashKeyRange> RANGES = List.of(
            new HashKeyRange(
                    HashKey.MIN, HashKey.of(BigInteger.ONE.shiftLeft(127).subtract(BigInteger.ONE))),
            new HashKeyRange(MIDDLE, HashKey.MAX));

    /** Quick, and no slow round unless a test wants it. */
    static final RedisCacheKeeper.Pace QUICK =
            new RedisCacheKeeper.Pace(Duration.ofMillis(100), Duration.ofMillis(50), Duration.ofDays(1));

    static final RedisCacheKeeper.Pace ROUNDS =
            new RedisCacheKeeper.Pace(Duration.ofMillis(100), Duration.ofMillis(50), Duration.ofMillis(100));

    final Vertx vertx;
    final RedisServers servers;
    final Redis redis;
    final FakeSensorStore store = new FakeSensorStore();
    final Counts counts = new Counts();
    final Health.Component component = new Health("test").component("redis");
    private final List<VertxTasks.Started> started = new ArrayList<>();
    private final List<Redis> clients = new ArrayList<>();

    /** One process of them. */
    final class Owner {

        final RedisCacheKeeper keeper;
        final List<LatestValues> shards = new ArrayList<>();
        private final VertxTasks.Started task;

        Owner(RedisCacheKeeper.Pace pace) {
            Redis client = servers.connect();
            clients.add(client);
            keeper = new RedisCacheKeeper(
                    client,
                    store,
                    new Availability("Redis", Availability.Kind.NEEDED_AT_START, component, InstantSource.system()),
                    counts,
                    new Random(),
                    System::nanoTime,
                    pace);
            for (int i = 0; i < RANGES.size(); i++) {
                shards.add(keeper.latestValues(new ShardKey("stream", 1, "shardId-" + i), RANGES.get(i)));
            }
            task = new VertxTasks(vertx).start("keeper", keeper, _ -> {});
            started.add(task);
        }

        Owner begin(OptionalLong since) {
            shards.forEach(shard -> shard.begin(since));
            return this;
        }

        /** Ends without a word, as a crash does. */
        void crash() {
            task.finish().await();
        }

        /** A commit and what follows it: each shard's loop is told its sensors. */
        void update(Map<String, List<LatestValue>> bySensor, long arrived) {
            bySensor.forEach((sensorId, values) -> store.commit(sensorId, arrived, values));
            for (int i = 0; i < shards.size(); i++) {
                Map<String, List<LatestValue>> own = new HashMap<>();
                for (var entry : bySensor.entrySet()) {
                    if (RANGES.get(i).contains(HashKey.ofPartitionKey(entry.getKey()))) {
                        own.put(entry.getKey(), entry.getValue());
                    }
                }
                shards.get(i).update(own, arrived, arrived);
            }
        }

        OptionalLong settledTo() {
            OptionalLong least = OptionalLong.of(Long.MAX_VALUE);
            for (LatestValues shard : shards) {
                OptionalLong settled = shard.settledTo();
                if (settled.isEmpty()) {
                    return settled;
                }
                least = OptionalLong.of(Math.min(least.getAsLong(), settled.getAsLong()));
            }
            return least;
        }

        void awaitSettled(long to) {
            servers.await(() -> settledTo().equals(OptionalLong.of(to)));
        }
    }

    /** Counts. */
    static final class Counts implements CacheMeter {

        private final Map<Failure, Integer> failures = new EnumMap<>(Failure.class);
        private int rebuilt;
        private int sweeps;

        @Override
        public synchronized void rebuilt(int hashes) {
            rebuilt += hashes;
        }

        @Override
        public synchronized void sweeping() {
            sweeps++;
        }

        @Override
        public synchronized void failed(Failure what) {
            failures.merge(what, 1, Integer::sum);
        }

        synchronized int failures(Failure what) {
            return failures.getOrDefault(what, 0);
        }

        synchronized int rebuilt() {
            return rebuilt;
        }

        synchronized int sweeps() {
            return sweeps;
        }
    }

    CacheRig(Vertx vertx, RedisServers servers) {
        this.vertx = vertx;
        this.servers = servers;
        this.redis = servers.connect();
    }

    Owner process(RedisCacheKeeper.Pace pace) {
        return new Owner(pace);
    }

    static Arrears arrears() {
        return new Arrears(new ShardKey("stream", 1, "shardId-0"), RANGES.getFirst());
    }

    static LatestValue number(String name, long at, double value) {
        return new LatestValue(at, new Measurement.Numeric(name, value));
    }

    static LatestValue text(String name, long at, String value) {
        return new LatestValue(at, new Measurement.State(name, value));
    }

    /** Sensors whose names are numbered from 0, each with two measurements at a time. */
    static Map<String, List<LatestValue>> sensors(String prefix, int count, long at) {
        Map<String, List<LatestValue>> bySensor = new HashMap<>();
        for (int i = 0; i < count; i++) {
            bySensor.put(prefix + i, List.of(number("temperature", at, i), text("status", at, "S" + i)));
        }
        return bySensor;
    }

    Map<String, String> hash(String sensorId) {
        return hash(redis, sensorId);
    }

    static Map<String, String> hash(Redis redis, String sensorId) {
        Response response = redis.send(Request.cmd(Command.HGETALL).arg(RedisHashes.key(sensorId)))
                .timeout(20, TimeUnit.SECONDS)
                .await();
        return fields(response);
    }

    private static Map<String, String> fields(@Nullable Response response) {
        Map<String, String> hash = new TreeMap<>();
        if (response == null) {
            return hash;
        }
        response.getKeys().forEach(key -> hash.put(key, String.valueOf(response.get(key))));
        return hash;
    }

    static Map<String, String> expected(List<LatestValue> values) {
        Map<String, String> hash = new TreeMap<>(Map.of("#complete", "1"));
        for (LatestValue value : values) {
            switch (value.measurement()) {
                case Measurement.Numeric(String name, double number) ->
                    hash.put(name, value.at() + " " + (number == (long) number ? "" + (long) number : "" + number));
                case Measurement.State(String name, String text) -> hash.put(name, value.at() + " \"" + text + "\"");
            }
        }
        return hash;
    }

    /** Whether the hash of a sensor is complete and says what is stored. */
    boolean isRight(String sensorId) {
        // a server that is away, or still loading, or a key that is no hash
        return redis.send(Request.cmd(Command.HGETALL).arg(RedisHashes.key(sensorId)))
                .timeout(20, TimeUnit.SECONDS)
                .map(response -> fields(response).equals(expected(store.latest(sensorId))))
                .otherwise(false)
                .await();
    }

    /** Waits until the hashes of all sensors that are stored are right. */
    void awaitAllRight() {
        servers.await(() -> store.sensors().stream().allMatch(this::isRight));
    }

    void close() {
        started.forEach(task -> task.finish().await());
        clients.forEach(client -> client.close().await());
        redis.close().await();
        servers.close();
    }
}
