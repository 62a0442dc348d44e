package dev.millrace.processor.cache;

import static dev.millrace.processor.cache.CacheRig.NOON;
import static dev.millrace.processor.cache.CacheRig.QUICK;
import static dev.millrace.processor.cache.CacheRig.ROUNDS;
import static dev.millrace.processor.cache.CacheRig.SECOND;
import static dev.millrace.processor.cache.CacheRig.number;
import static dev.millrace.processor.cache.CacheRig.sensors;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.cache.CacheMeter.Failure;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** G6: Redis is right again soon after it is back, also for sensors that have since gone silent. */
@Execution(ExecutionMode.CONCURRENT)
abstract class LatestValuesContract {

    private final Vertx vertx = Vertx.vertx();

    CacheRig rig;

    abstract RedisServers servers(Vertx on, Path files);

    @BeforeEach
    void start(@TempDir Path directory) {
        rig = new CacheRig(vertx, servers(vertx, directory));
    }

    @AfterEach
    void stop() {
        rig.close();
        vertx.close().await();
    }

    /** A process whose shards are read from the beginning, once it has seen Redis. */
    CacheRig.Owner running(RedisCacheKeeper.Pace pace) {
        CacheRig.Owner process = rig.process(pace).begin(OptionalLong.empty());
        rig.servers.await(rig.component::isUp);
        return process;
    }

    @Test
    void newSensorsHaveCompleteHashesSoon() {
        CacheRig.Owner process = running(QUICK);

        process.update(sensors("oven-", 300, NOON), NOON);

        rig.awaitAllRight();
        process.awaitSettled(NOON);
        assertEquals(0, rig.counts.failures(Failure.REDIS));
    }

    @Test
    void aFlushedServerGetsSilentSensorsBack() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 1_200, NOON), NOON);
        rig.awaitAllRight();

        rig.servers.flush();

        rig.awaitAllRight();
        process.awaitSettled(NOON);
    }

    @Test
    void whatWasLostWhileNobodyLookedIsMadeGoodByWhoComesNext() {
        CacheRig.Owner first = running(QUICK);
        first.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        first.awaitSettled(NOON);
        first.crash();
        rig.servers.flush();

        CacheRig.Owner second = rig.process(QUICK).begin(OptionalLong.of(NOON + 60 * SECOND));

        rig.awaitAllRight();
        second.awaitSettled(NOON + 60 * SECOND);
    }

    @Test
    void aSweepThatACrashBrokeOffIsDoneByWhoComesNext() {
        CacheRig.Owner first = running(QUICK);
        first.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        first.awaitSettled(NOON);
        int sweeps = rig.counts.sweeps();
        rig.store.setAway(true);
        rig.servers.flush();
        rig.servers.await(() -> rig.counts.sweeps() > sweeps && rig.store.askedInVain() > 0);
        first.crash();
        rig.store.setAway(false);

        rig.process(QUICK).begin(OptionalLong.of(NOON + 60 * SECOND));

        rig.awaitAllRight();
    }

    @Test
    void whatACrashLeftBetweenCommitAndWriteIsMadeGood() {
        CacheRig.Owner first = running(QUICK);
        first.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        first.awaitSettled(NOON);
        OptionalLong cachedTo = first.settledTo();
        first.crash();
        sensors("oven-", 20, NOON + SECOND)
                .forEach((sensorId, values) -> rig.store.commit(sensorId, NOON + SECOND, values));
        assertFalse(rig.isRight("oven-0"));

        CacheRig.Owner second = rig.process(QUICK).begin(cachedTo);
        assertEquals(cachedTo, second.settledTo());

        rig.awaitAllRight();
        second.awaitSettled(NOON);
    }

    @Test
    void whatCameWhileRedisWasAwayIsMadeGoodAndCostsTheShardsNothing() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 3_000, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);
        rig.servers.stop(0);
        rig.servers.await(() -> rig.counts.failures(Failure.REDIS) > 0);

        for (int i = 1; i <= 20; i++) {
            process.update(sensors("oven-", 3_000, NOON + i * SECOND), NOON + i * SECOND);
            process.update(sensors("press-" + i + "-", 50, NOON + i * SECOND), NOON + i * SECOND);
        }
        assertEquals(OptionalLong.of(NOON + SECOND), process.settledTo());
        assertTrue(rig.component.isUp());
        rig.servers.start(0);

        rig.awaitAllRight();
        process.awaitSettled(NOON + 20 * SECOND);
    }

    @Test
    void aServerThatCameBackWithAnOlderStateIsBroughtUpToDate() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);
        // a claim of that is in the snapshot
        process.update(sensors("clock-", 1, NOON + 30 * SECOND), NOON + 30 * SECOND);
        for (int i = 0; i < rig.servers.size(); i++) {
            rig.servers.command(i, Command.SAVE);
        }
        process.update(sensors("oven-", 300, NOON + 60 * SECOND), NOON + 60 * SECOND);
        rig.awaitAllRight();

        rig.servers.stop(0);
        rig.servers.start(0);

        rig.awaitAllRight();
        process.awaitSettled(NOON + 60 * SECOND);
    }

    @Test
    void aSingleKeyThatWasEvictedComesBackWithTheSlowRound() {
        CacheRig.Owner process = running(ROUNDS);
        process.update(sensors("oven-", 50, NOON), NOON);
        rig.awaitAllRight();

        rig.redis.send(Request.cmd(Command.DEL).arg("sensor:{oven-7}")).await();

        rig.awaitAllRight();
    }

    @Test
    void aKeyThatIsNoHashIsReplaced() {
        CacheRig.Owner process = running(QUICK);
        rig.redis
                .send(Request.cmd(Command.SET).arg("sensor:{oven-7}").arg("junk"))
                .await();

        process.update(sensors("oven-", 10, NOON), NOON);

        rig.awaitAllRight();
        assertEquals(0, rig.counts.failures(Failure.REDIS));
        assertNotEquals(0, rig.counts.failures(Failure.HASH));
    }

    @Test
    void anOutageOfTheDatabaseDelaysAndLosesNothing() {
        CacheRig.Owner process = running(QUICK);
        rig.store.setAway(true);
        process.update(sensors("oven-", 300, NOON), NOON);
        rig.servers.await(() -> rig.store.askedInVain() > 2);
        assertTrue(rig.component.isUp());

        rig.store.setAway(false);

        rig.awaitAllRight();
        process.awaitSettled(NOON);
    }

    @Test
    void aShardThatWentElsewhereIsSeenToThere() {
        CacheRig.Owner first = running(QUICK);
        first.update(sensors("oven-", 100, NOON), NOON);
        rig.awaitAllRight();
        first.awaitSettled(NOON);
        first.shards.forEach(LatestValues::end);
        CacheRig.Owner second = rig.process(QUICK).begin(OptionalLong.of(NOON));

        rig.servers.flush();
        second.update(Map.of("oven-1", List.of(number("pressure", NOON + SECOND, 3))), NOON + SECOND);

        rig.awaitAllRight();
        second.awaitSettled(NOON + SECOND);
    }
}
