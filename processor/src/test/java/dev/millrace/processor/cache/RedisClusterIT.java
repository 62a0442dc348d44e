package dev.millrace.processor.cache;

import static dev.millrace.processor.cache.CacheRig.NOON;
import static dev.millrace.processor.cache.CacheRig.QUICK;
import static dev.millrace.processor.cache.CacheRig.SECOND;
import static dev.millrace.processor.cache.CacheRig.sensors;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.processor.cache.CacheMeter.Failure;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The contract on a cluster of three, and what only a cluster does. */
class RedisClusterIT extends LatestValuesContract {

    @Override
    RedisServers servers(Vertx on, Path files) {
        return RedisServers.cluster(on, files);
    }

    @Test
    void eachNodeHasSentinels() {
        running(QUICK);

        for (int node = 0; node < rig.servers.size(); node++) {
            List<String> keys = new ArrayList<>();
            int each = node;
            rig.servers.await(() -> {
                keys.clear();
                for (Response key : rig.servers.command(each, Command.KEYS, "*")) {
                    keys.add(key.toString());
                }
                return keys.size() >= 42;
            });
            assertEquals(
                    Set.of(),
                    new HashSet<>(keys.stream()
                            .filter(key -> !key.startsWith("millrace:"))
                            .toList()));
        }
    }

    @Test
    void aNodeThatForgotTheScriptsLearnsThemAgain() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 60, NOON), NOON);
        rig.awaitAllRight();

        rig.servers.command(1, Command.SCRIPT, "FLUSH");
        process.update(sensors("oven-", 60, NOON + SECOND), NOON + SECOND);

        rig.awaitAllRight();
        process.awaitSettled(NOON + SECOND);
        assertEquals(0, rig.counts.failures(Failure.REDIS));
    }

    @Test
    void aNodeThatComesBackEmptyGetsItsHashesBackAndTheOthersKeepTheirs() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);

        rig.servers.stop(2);
        rig.servers.start(2);

        rig.awaitAllRight();
        process.awaitSettled(NOON);
    }

    @Test
    void theSlotsOfANodeThatIsGoneAreFilledAtAnother() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);
        String gone = rig.servers.id(2);

        rig.servers.stop(2);
        process.update(sensors("oven-", 100, NOON + 60 * SECOND), NOON + 60 * SECOND);
        rig.servers.replace(2, gone, 1);

        rig.awaitAllRight();
        process.awaitSettled(NOON + 60 * SECOND);
    }

    @Test
    void aReplicaThatTakesOverIsBroughtUpToDate() {
        int replica = rig.servers.addReplica(2);
        rig.servers.awaitWell();
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);

        rig.servers.stop(2);
        process.update(sensors("oven-", 300, NOON + 60 * SECOND), NOON + 60 * SECOND);
        rig.servers.await(() -> rig.servers.isMaster(replica));

        rig.awaitAllRight();
        process.awaitSettled(NOON + 60 * SECOND);
    }

    @Test
    void aSlotThatMovesTakesItsHashesAlongAndIsWrittenWhereItIs() {
        CacheRig.Owner process = running(QUICK);
        process.update(sensors("oven-", 300, NOON), NOON);
        rig.awaitAllRight();
        process.awaitSettled(NOON);

        int slot = RedisSentinels.slot("oven-7");
        int from = RedisServers.nodeOf(slot);
        rig.servers.migrate(slot, from, (from + 1) % 3);
        process.update(sensors("oven-", 300, NOON + SECOND), NOON + SECOND);

        rig.awaitAllRight();
        process.awaitSettled(NOON + SECOND);
        assertEquals(0, rig.counts.failures(Failure.REDIS));
        assertEquals(0, rig.counts.failures(Failure.HASH));
    }
}
