package dev.millrace.processor.cache;

import static dev.millrace.processor.cache.CacheRig.NOON;
import static dev.millrace.processor.cache.CacheRig.QUICK;
import static dev.millrace.processor.cache.CacheRig.ROUNDS;
import static dev.millrace.processor.cache.CacheRig.SECOND;
import static dev.millrace.processor.cache.CacheRig.number;
import static dev.millrace.processor.cache.CacheRig.sensors;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.core.config.RedisConfig;
import dev.millrace.core.connect.RedisClients;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.cache.CacheMeter.Failure;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The contract on one server, and what one server is enough for. */
class RedisLatestValuesIT extends LatestValuesContract {

    @Override
    RedisServers servers(Vertx on, Path files) {
        return RedisServers.one(on, files);
    }

    @Test
    void aServerWithoutRoomIsNotAwayAndKeepsNothingThatIsOutOfDate() {
        CacheRig.Owner process = running(ROUNDS);
        process.update(sensors("oven-", 20, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);

        rig.servers.command(0, Command.CONFIG, "SET", "maxmemory", "1");
        process.update(sensors("oven-", 20, NOON + SECOND), NOON + SECOND);
        for (String sensorId : rig.store.sensors()) {
            assertFalse(rig.hash(sensorId).containsKey("#complete"));
        }
        // the keeper tries, in vain
        int refused = rig.counts.failures(Failure.HASH);
        rig.servers.await(() -> rig.counts.failures(Failure.HASH) > refused + 20);
        assertEquals(0, rig.counts.failures(Failure.REDIS));

        rig.servers.command(0, Command.CONFIG, "SET", "maxmemory", "0");

        rig.awaitAllRight();
    }

    @Test
    void aServerThatWasReadOnlyIsWrittenAfterwards() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 20, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);
        rig.servers.command(0, Command.REPLICAOF, "localhost", "1");
        process.update(sensors("oven-", 20, NOON + 60 * SECOND), NOON + 60 * SECOND);
        rig.servers.await(() -> rig.counts.failures(Failure.REDIS) > 1);
        assertEquals(OptionalLong.of(NOON + 60 * SECOND), process.settledTo());
        assertFalse(rig.isRight("oven-1"));

        rig.servers.command(0, Command.REPLICAOF, "NO", "ONE");

        rig.awaitAllRight();
        process.awaitSettled(NOON + 60 * SECOND);
    }

    @Test
    void theSlowRoundReachesEachSensorHoweverManyThereAre() {
        CacheRig.Owner process = running(ROUNDS);
        process.update(sensors("oven-", 3 * RedisSensorPass.PAGE, NOON), NOON);
        rig.awaitAllRight();
        int sweeps = rig.counts.sweeps();

        // the sentinels stay
        for (String sensorId : rig.store.sensors()) {
            rig.servers.command(0, Command.DEL, RedisHashes.key(sensorId));
        }

        rig.awaitAllRight();
        assertEquals(sweeps, rig.counts.sweeps());
    }

    @Test
    void aServerThatNeverAnswersIsLeftAloneByTheShards() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Redis hanging = RedisClients.create(
                    rig.vertx, new RedisConfig(URI.create("redis://127.0.0.1:" + silent.getLocalPort()), false));
            Availability availability = new Availability(
                    "Redis",
                    Availability.Kind.NEEDED_AT_START,
                    new Health("test").component("redis"),
                    InstantSource.system());
            RedisAccess access = new RedisAccess(hanging, availability, rig.counts, System::nanoTime);
            RedisHashes hashes = new RedisHashes(access, rig.counts, System::nanoTime);
            LatestValues latest = new RedisLatestValues(access, hashes, CacheRig.arrears(), _ -> {}, _ -> {});
            latest.begin(OptionalLong.of(NOON));
            // as the keeper says when it answered once
            access.worked();

            for (int i = 0; i < 1_000; i++) {
                long at = NOON + i * SECOND;
                latest.update(Map.of("oven-1", List.of(number("t", at, i))), at, at);
            }

            assertEquals(1, rig.counts.failures(Failure.REDIS));
            assertEquals(OptionalLong.of(NOON), latest.settledTo());
            hanging.close().await();
        }
    }
}
