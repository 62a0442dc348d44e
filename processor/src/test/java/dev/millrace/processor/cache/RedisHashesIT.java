package dev.millrace.processor.cache;

import static dev.millrace.processor.cache.CacheRig.NOON;
import static dev.millrace.processor.cache.CacheRig.expected;
import static dev.millrace.processor.cache.CacheRig.number;
import static dev.millrace.processor.cache.CacheRig.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.cache.RedisHashes.Written;
import dev.millrace.processor.store.LatestValue;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the scripts promise of one hash, whatever comes between a loop's writes and a keeper's. */
class RedisHashesIT {

    private final Vertx vertx = Vertx.vertx();
    private final CacheRig.Counts counts = new CacheRig.Counts();
    private final FakeSensorStore store = new FakeSensorStore();

    private RedisServers servers;
    private Redis redis;
    private RedisHashes hashes;

    @BeforeEach
    void start(@TempDir Path directory) {
        servers = RedisServers.one(vertx, directory);
        redis = servers.connect();
        Availability availability = new Availability(
                "Redis",
                Availability.Kind.NEEDED_AT_START,
                new Health("test").component("redis"),
                InstantSource.system());
        hashes = new RedisHashes(
                new RedisAccess(redis, availability, counts, System::nanoTime), counts, System::nanoTime);
    }

    @AfterEach
    void stop() {
        redis.close().await();
        servers.close();
        vertx.close().await();
    }

    private Written write(String sensorId, LatestValue... values) throws RedisAway {
        return hashes.write(Map.of(sensorId, List.of(values)), RedisHashes.NO_TOKEN);
    }

    /** A hash that was built whole. */
    private void built(String sensorId, LatestValue... values) throws RedisAway {
        hashes.stamp(List.of(sensorId), "first");
        assertEquals(new Written(Set.of(), Set.of()), hashes.write(Map.of(sensorId, List.of(values)), "first"));
    }

    private Map<String, String> hash(String sensorId) {
        return CacheRig.hash(redis, sensorId);
    }

    @Test
    void aRebuiltHashIsCompleteAndReadable() throws RedisAway {
        built("oven-1", number("temperature", NOON, 72.5), text("status", NOON, "RUN"));

        assertEquals(
                Map.of("#complete", "1", "status", NOON + " \"RUN\"", "temperature", NOON + " 72.5"), hash("oven-1"));
        assertEquals(Set.of(), hashes.lacking(List.of("oven-1")));
    }

    @Test
    void aHashThatAShardWroteAloneIsNotComplete() throws RedisAway {
        assertEquals(
                Set.of("oven-1"),
                write("oven-1", number("temperature", NOON, 1)).incomplete());

        assertEquals(Map.of("temperature", NOON + " 1"), hash("oven-1"));
        assertEquals(Set.of("oven-1", "oven-2"), hashes.lacking(List.of("oven-1", "oven-2")));
    }

    @Test
    void aValueIsReplacedByALaterOneOnly() throws RedisAway {
        built("oven-1", number("temperature", NOON, 1), number("pressure", NOON, 5));
        write("oven-1", number("temperature", NOON, 2), number("pressure", NOON - 1, 6));
        assertEquals(NOON + " 1", hash("oven-1").get("temperature"));
        assertEquals(NOON + " 5", hash("oven-1").get("pressure"));

        write("oven-1", text("temperature", NOON + 1, "HOT"));

        assertEquals(NOON + 1 + " \"HOT\"", hash("oven-1").get("temperature"));
    }

    @Test
    void timesBefore1970AreInOrderToo() throws RedisAway {
        write("oven-1", number("temperature", -5, 1));
        write("oven-1", number("temperature", -7, 2));
        assertEquals("-5 1", hash("oven-1").get("temperature"));

        write("oven-1", number("temperature", 3, 3));
        assertEquals("3 3", hash("oven-1").get("temperature"));
    }

    @Test
    void whatWasReadBeforeTheHashWasDeletedDoesNotCompleteIt() throws RedisAway {
        hashes.stamp(List.of("oven-1"), "token");
        // read here; then a commit, its write, and a flush
        write("oven-1", number("temperature", NOON + 1, 2), number("pressure", NOON + 1, 3));
        servers.flush();

        Written written = hashes.write(Map.of("oven-1", List.of(number("temperature", NOON, 1))), "token");

        assertEquals(Set.of("oven-1"), written.incomplete());
        assertEquals(Map.of("temperature", NOON + " 1"), hash("oven-1"));
    }

    /**
     * Loops, two keepers, evictions and flushes in every order that a seed gives: a complete hash never lacks what a loop has
     * written, nor what was committed before it was completed.
     */
    @Test
    void noOrderOfEventsCompletesAHashThatLacksSomething() throws RedisAway {
        int completed = 0;
        for (int seed = 0; seed < 400; seed++) {
            completed += interleave(seed);
        }
        assertTrue(completed > 200, "only " + completed + " hashes became complete");
    }

    private int interleave(int seed) throws RedisAway {
        Random random = new Random(seed);
        String sensorId = "sensor-" + seed;
        Map<String, LatestValue> written = new HashMap<>();
        List<LatestValue> committed = List.of();
        List<List<LatestValue>> read = new ArrayList<>(List.of(List.of(), List.of()));
        String[] tokens = {"", ""};
        int completed = 0;
        for (int step = 0; step < 40; step++) {
            int keeper = random.nextInt(2);
            switch (random.nextInt(8)) {
                case 0, 1 -> {
                    if (committed.isEmpty()) {
                        committed = List.of(number("m" + random.nextInt(4), NOON + step, step));
                        store.commit(sensorId, NOON, committed);
                    }
                }
                case 2, 3 -> {
                    hashes.write(Map.of(sensorId, committed), RedisHashes.NO_TOKEN);
                    committed.forEach(value -> written.put(value.measurement().name(), value));
                    committed = List.of();
                }
                case 4 -> {
                    tokens[keeper] = seed + "-" + step;
                    hashes.stamp(List.of(sensorId), tokens[keeper]);
                    read.set(keeper, List.of());
                }
                case 5 -> read.set(keeper, store.latest(sensorId));
                case 6 -> {
                    if (!tokens[keeper].isEmpty() && !read.get(keeper).isEmpty()) {
                        hashes.write(Map.of(sensorId, read.get(keeper)), tokens[keeper]);
                        tokens[keeper] = "";
                    }
                }
                default -> {
                    if (random.nextInt(3) == 0) {
                        servers.flush();
                    }
                }
            }
            Map<String, String> hash = hash(sensorId);
            if (hash.containsKey("#complete")) {
                completed++;
                Map<String, String> least = expected(List.copyOf(written.values()));
                least.forEach((name, value) -> {
                    String actual = hash.getOrDefault(name, "");
                    assertTrue(
                            name.equals("#complete") || at(actual) >= at(value),
                            "seed " + seed + ": " + hash + " lacks " + name + " " + value);
                });
            }
        }
        return completed;
    }

    private static long at(String value) {
        return value.isEmpty() ? Long.MIN_VALUE : Long.parseLong(value, 0, value.indexOf(' '), 10);
    }

    @Test
    void aServerThatForgotTheScriptLearnsItAgain() throws RedisAway {
        write("oven-1", number("temperature", NOON, 1));
        servers.command(0, Command.SCRIPT, "FLUSH");

        write("oven-1", number("temperature", NOON + 1, 2));

        assertEquals(NOON + 1 + " 2", hash("oven-1").get("temperature"));
    }

    @Test
    void aSensorWithMoreNamesThanAScriptsStackHoldsHasACompleteHash() throws RedisAway {
        List<LatestValue> wide = IntStream.range(0, 9_500)
                .mapToObj(i -> number("m" + i, NOON, i))
                .toList();
        built("wide", wide.toArray(LatestValue[]::new));

        write("wide", number("m0", NOON + 1, -1), number("m999", NOON - 1, -2), number("m9499", NOON + 1, -3));

        Map<String, String> expected = expected(wide);
        expected.put("m0", NOON + 1 + " -1");
        expected.put("m9499", NOON + 1 + " -3");
        assertEquals(expected, hash("wide"));
    }

    /** What stands in Redis and is not ours to read. */
    @ParameterizedTest
    @CsvSource({"SET, junk", "HSET, temperature junk #complete 1"})
    void aHashThatCannotBeWrittenIsDeletedAndTheOthersGoOn(String command, String arguments) throws RedisAway {
        built("oven-1", number("temperature", NOON, 1));
        servers.command(0, Command.create(command), (Object[]) ("sensor:{oven-2} " + arguments).split(" "));

        Written written = hashes.write(
                Map.of(
                        "oven-1", List.of(number("temperature", NOON + 1, 2)),
                        "oven-2", List.of(number("temperature", NOON + 1, 3))),
                RedisHashes.NO_TOKEN);

        assertEquals(new Written(Set.of(), Set.of("oven-2")), written);
        assertEquals(NOON + 1 + " 2", hash("oven-1").get("temperature"));
        assertEquals(Map.of(), hash("oven-2"));
        assertEquals(1, counts.failures(CacheMeter.Failure.HASH));
    }

    @Test
    void aServerThatRefusesEveryWriteIsAway() throws RedisAway {
        built("oven-1", number("temperature", NOON, 1));
        servers.command(0, Command.REPLICAOF, "localhost", "1");

        assertThrows(RedisAway.class, () -> write("oven-1", number("temperature", NOON + 1, 2)));

        assertEquals(NOON + " 1", hash("oven-1").get("temperature"));
    }

    @Test
    void aServerWithoutRoomKeepsNothingThatIsOutOfDate() throws RedisAway {
        built("oven-1", number("temperature", NOON, 1));
        servers.command(0, Command.CONFIG, "SET", "maxmemory", "1");

        assertEquals(
                Set.of("oven-1"),
                write("oven-1", number("temperature", NOON + 1, 2)).refused());

        assertEquals(Map.of(), hash("oven-1"));
    }
}
