package dev.millrace.processor.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.RedisConfig;
import dev.millrace.core.connect.RedisClients;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.FreePort;
import dev.millrace.processor.store.LatestValue;
import dev.millrace.processor.store.Loaded;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.embedded.RedisServer;

/** G6 on a real server; long because every way in which a hash can be wrong is told in one place, with one rig. */
class RedisLatestValuesIT {

    private static final long NOON = 1_764_849_600_000_000L;

    private final Vertx vertx = Vertx.vertx();
    private final Map<String, List<LatestValue>> database = new HashMap<>();
    private final List<Collection<String>> loads = new ArrayList<>();
    private final Health.Component component = new Health("test").component("redis");
    private final Set<String> unloadable = new HashSet<>();
    private Runnable whenLoading = () -> {};
    private long queryNanos;
    private long nanos;
    private int failures;
    private int port;
    private RedisServer server;
    private Redis redis;
    private RedisLatestValues latest;

    RedisLatestValuesIT() throws IOException {
        port = FreePort.choose();
        server = RedisServer.newRedisServer().port(port).build();
        redis = RedisClients.create(vertx, new RedisConfig(URI.create("redis://localhost:" + port), false));
        latest = latest(redis);
    }

    private RedisLatestValues latest(Redis client) {
        return new RedisLatestValues(
                "shardId-0",
                client,
                new Availability("Redis", Availability.Kind.NEEDED_AT_START, component, InstantSource.system()),
                sensorIds -> {
                    loads.add(List.copyOf(sensorIds));
                    nanos += queryNanos;
                    whenLoading.run();
                    if (sensorIds.stream().anyMatch(unloadable::contains)) {
                        return new Loaded.Unavailable<>("too much");
                    }
                    return new Loaded.Found<>(sensorIds.stream()
                            .filter(database::containsKey)
                            .collect(Collectors.toMap(id -> id, id -> database.getOrDefault(id, List.of()))));
                },
                () -> failures++,
                () -> nanos);
    }

    @BeforeEach
    void start() throws IOException {
        server.start();
    }

    @AfterEach
    void stop() throws IOException {
        redis.close().await();
        server.stop();
        vertx.close().await();
    }

    private static LatestValue number(String name, long at, double value) {
        return new LatestValue(at, new Measurement.Numeric(name, value));
    }

    private static LatestValue text(String name, long at, String value) {
        return new LatestValue(at, new Measurement.State(name, value));
    }

    /** What a commit stored: the database has it, then the cache is told. */
    private void committed(String sensorId, LatestValue... values) {
        Map<String, LatestValue> merged = new TreeMap<>();
        database.getOrDefault(sensorId, List.of())
                .forEach(value -> merged.put(value.measurement().name(), value));
        for (LatestValue value : values) {
            merged.merge(value.measurement().name(), value, (a, b) -> a.at() >= b.at() ? a : b);
        }
        database.put(sensorId, List.copyOf(merged.values()));
        latest.update(Map.of(sensorId, List.of(values)));
    }

    private Map<String, String> hash(String sensorId) {
        Response response = redis.send(Request.cmd(Command.HGETALL).arg("sensor:{" + sensorId + "}"))
                .await();
        Map<String, String> hash = new TreeMap<>();
        response.getKeys().forEach(key -> hash.put(key, String.valueOf(response.get(key))));
        return hash;
    }

    private void command(Command command) {
        redis.send(Request.cmd(command)).await();
    }

    @Test
    void aNewSensorHasACompleteHash() {
        committed("oven-1", number("temperature", NOON, 72.5), text("status", NOON, "RUN \"1\""));

        assertEquals(
                Map.of(
                        "#complete", "1",
                        "status", NOON + " \"RUN \\\"1\\\"\"",
                        "temperature", NOON + " 72.5"),
                hash("oven-1"));
        assertTrue(component.isUp());
    }

    @Test
    void aValueIsReplacedByALaterOneOnly() {
        committed("oven-1", number("temperature", NOON, 1), number("pressure", NOON, 5));
        latest.update(Map.of("oven-1", List.of(number("temperature", NOON, 2), number("pressure", NOON - 1, 6))));
        assertEquals(NOON + " 1", hash("oven-1").get("temperature"));
        assertEquals(NOON + " 5", hash("oven-1").get("pressure"));

        latest.update(Map.of("oven-1", List.of(text("temperature", NOON + 1, "HOT"))));

        assertEquals(NOON + 1 + " \"HOT\"", hash("oven-1").get("temperature"));
        assertEquals(1, loads.size());
    }

    @Test
    void timesBefore1970AreInOrderToo() {
        committed("oven-1", number("temperature", -5, 1));
        committed("oven-1", number("temperature", -7, 2));
        assertEquals("-5 1", hash("oven-1").get("temperature"));

        committed("oven-1", number("temperature", 3, 3));
        assertEquals("3 3", hash("oven-1").get("temperature"));
    }

    @Test
    void aHashThatWasLostIsBuiltFromTheDatabaseWithAllItHas() {
        committed("oven-1", number("temperature", NOON, 1), text("status", NOON, "OK"));
        command(Command.FLUSHALL);

        committed("oven-1", number("temperature", NOON + 1, 2));

        assertEquals(
                Map.of("#complete", "1", "status", NOON + " \"OK\"", "temperature", NOON + 1 + " 2"), hash("oven-1"));
    }

    @Test
    void aServerThatForgotTheScriptLearnsItAgain() {
        committed("oven-1", number("temperature", NOON, 1));
        redis.send(Request.cmd(Command.SCRIPT).arg("FLUSH")).await();

        committed("oven-1", number("temperature", NOON + 1, 2));

        assertEquals(NOON + 1 + " 2", hash("oven-1").get("temperature"));
        assertEquals(0, failures);
    }

    @Test
    void whatAnOutageSwallowedIsMadeGoodAlsoForSensorsThatFellSilent() throws IOException {
        committed("oven-1", number("temperature", NOON, 1));
        committed("oven-2", number("temperature", NOON, 1));
        server.stop();

        committed("oven-1", number("temperature", NOON + 1, 2));
        assertEquals(1, failures);
        assertTrue(component.isUp());
        // spared until the next probe
        committed("oven-2", number("temperature", NOON + 1, 3));
        assertEquals(1, failures);

        server = RedisServer.newRedisServer().port(port).build();
        server.start();
        nanos += Duration.ofSeconds(1).toNanos();
        latest.tend();

        assertEquals(Map.of("#complete", "1", "temperature", NOON + 1 + " 2"), hash("oven-1"));
        assertEquals(Map.of("#complete", "1", "temperature", NOON + 1 + " 3"), hash("oven-2"));
    }

    @Test
    void manySensorsOfOneBatchAreWrittenAndBuiltInTurns() {
        Map<String, List<LatestValue>> batch = IntStream.range(0, 2_500)
                .boxed()
                .collect(Collectors.toMap(i -> "sensor-" + i, i -> List.of(number("t", NOON, i))));
        database.putAll(batch);

        latest.update(batch);
        for (int i = 0; i < 24; i++) {
            latest.tend();
        }

        assertEquals(0, failures);
        assertTrue(loads.stream().allMatch(ids -> ids.size() <= 100));
        for (int i = 0; i < 2_500; i++) {
            assertEquals(Map.of("#complete", "1", "t", NOON + " " + i), hash("sensor-" + i));
        }
    }

    @Test
    void aSensorWithMoreNamesThanAScriptsStackHoldsHasACompleteHash() {
        LatestValue[] wide = IntStream.range(0, 9_500)
                .mapToObj(i -> number("m" + i, NOON, i))
                .toArray(LatestValue[]::new);
        committed("wide", wide);

        committed("wide", number("m0", NOON + 1, -1), number("m999", NOON - 1, -2), number("m9499", NOON + 1, -3));

        assertEquals(0, failures);
        Map<String, String> expected = new TreeMap<>(Map.of("#complete", "1"));
        for (LatestValue value : database.getOrDefault("wide", List.of())) {
            Measurement.Numeric numeric = assertInstanceOf(Measurement.Numeric.class, value.measurement());
            expected.put(numeric.name(), value.at() + " " + (long) numeric.value());
        }
        assertEquals(9_501, expected.size());
        assertEquals(expected, hash("wide"));
    }

    /** What stands in Redis and is not ours to read. */
    @ParameterizedTest
    @CsvSource({"SET, junk", "HSET, temperature junk #complete 1"})
    void aHashThatCannotBeWrittenIsDeletedAndTheOthersGoOn(String command, String arguments) {
        committed("oven-1", number("temperature", NOON, 1));
        Request junk = Request.cmd(Command.create(command)).arg("sensor:{oven-2}");
        List.of(arguments.split(" ")).forEach(junk::arg);
        redis.send(junk).await();
        Map<String, List<LatestValue>> batch = Map.of(
                "oven-1", List.of(number("temperature", NOON + 1, 2)),
                "oven-2", List.of(number("temperature", NOON + 1, 3)));
        database.putAll(batch);

        latest.update(batch);

        assertEquals(NOON + 1 + " 2", hash("oven-1").get("temperature"));
        assertEquals(Map.of(), hash("oven-2"));
        assertEquals(1, failures);
        assertEquals(1, loads.size());
        assertTrue(component.isUp());
        // no second of sparing it: the next one is written, and the hash is whole again
        latest.update(Map.of("oven-2", List.of(number("temperature", NOON + 1, 3))));
        assertEquals(Map.of("#complete", "1", "temperature", NOON + 1 + " 3"), hash("oven-2"));
    }

    @Test
    void aHashThatCannotBeBuiltKeepsNoOtherFromBeingBuilt() throws IOException {
        database.put("oven-0", List.of(number("temperature", NOON, 0)));
        database.put("oven-1", List.of(number("temperature", NOON, 1)));
        server.stop();
        latest.update(Map.of("oven-0", List.of()));
        latest.update(Map.of("oven-1", List.of()));
        server = RedisServer.newRedisServer().port(port).build();
        server.start();
        redis.send(Request.cmd(Command.SET).arg("sensor:{oven-0}").arg("junk")).await();

        nanos += Duration.ofSeconds(1).toNanos();
        latest.tend();
        latest.tend();

        assertEquals(Map.of(), hash("oven-0"));
        assertEquals(Map.of("#complete", "1", "temperature", NOON + " 1"), hash("oven-1"));
        assertEquals(1, loads.size());
    }

    @Test
    void aServerThatRefusesEveryWriteIsAway() {
        committed("oven-1", number("temperature", NOON, 1));
        redis.send(Request.cmd(Command.REPLICAOF).arg("localhost").arg("1")).await();
        committed("oven-1", number("temperature", NOON + 1, 2));
        assertEquals(1, failures);
        assertEquals(NOON + " 1", hash("oven-1").get("temperature"));

        redis.send(Request.cmd(Command.REPLICAOF).arg("NO").arg("ONE")).await();
        nanos += Duration.ofSeconds(1).toNanos();
        latest.tend();

        assertEquals(NOON + 1 + " 2", hash("oven-1").get("temperature"));
    }

    @Test
    void aServerWithoutRoomKeepsNothingThatIsOutOfDate() {
        committed("oven-1", number("temperature", NOON, 1));
        redis.send(Request.cmd(Command.CONFIG).arg("SET").arg("maxmemory").arg("1"))
                .await();

        committed("oven-1", number("temperature", NOON + 1, 2));

        assertEquals(Map.of(), hash("oven-1"));
    }

    @Test
    void aQueryMayTakeLongerThanRedisMay() {
        queryNanos = Duration.ofMinutes(1).toNanos();
        // more than Redis answers in the millisecond that a deadline in the past would leave
        committed(
                "oven-1",
                IntStream.range(0, 5_000)
                        .mapToObj(i -> number("m" + i, NOON, i))
                        .toArray(LatestValue[]::new));

        assertEquals(0, failures);
        assertEquals(1, loads.size());
        assertEquals("1", hash("oven-1").get("#complete"));
    }

    @Test
    void theDatabaseIsAskedWhileNoConnectionIsHeld() {
        Redis single = Redis.createClient(
                vertx,
                new RedisOptions()
                        .setConnectionString("redis://localhost:" + port)
                        .setMaxPoolSize(1));
        latest = latest(single);
        whenLoading = () -> single.send(Request.cmd(Command.PING))
                .timeout(60, TimeUnit.SECONDS)
                .await();

        committed("oven-1", number("temperature", NOON, 1));

        assertEquals(1, loads.size());
        assertEquals("1", hash("oven-1").get("#complete"));
        single.close().await();
    }

    @Test
    void whatTheDatabaseCannotTellKeepsNoOtherFromBeingBuilt() throws IOException {
        unloadable.add("sensor-0");
        server.stop();
        for (int i = 0; i < 250; i++) {
            committed("sensor-" + i, number("t", NOON, i));
        }
        server = RedisServer.newRedisServer().port(port).build();
        server.start();

        nanos += Duration.ofSeconds(1).toNanos();
        latest.tend();
        latest.tend();

        assertEquals(Map.of("#complete", "1", "t", NOON + " 150"), hash("sensor-150"));
    }

    @Test
    void aSensorInDoubtIsBuiltFromTheDatabase() {
        committed("oven-1", number("temperature", NOON, 1));
        database.put("oven-1", List.of(number("temperature", NOON + 1, 2)));

        latest.doubt(Set.of("oven-1"));
        latest.tend();

        assertEquals(Map.of("#complete", "1", "temperature", NOON + 1 + " 2"), hash("oven-1"));
    }

    @Test
    void whatWaitsForRedisIsBounded() throws IOException {
        server.stop();
        for (int i = 0; i < 3; i++) {
            int first = i * 5_000;
            latest.update(IntStream.range(first, first + 5_000)
                    .boxed()
                    .collect(Collectors.toMap(n -> "sensor-" + n, n -> List.of(number("t", NOON, n)))));
        }
        server = RedisServer.newRedisServer().port(port).build();
        server.start();

        for (int i = 0; i < 101; i++) {
            nanos += Duration.ofSeconds(1).toNanos();
            latest.tend();
        }

        assertEquals(
                RedisLatestValues.MAX_STALE,
                loads.stream().mapToInt(Collection::size).sum());
    }

    @Test
    void aServerThatNeverAnswersIsGivenUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Redis hanging = RedisClients.create(
                    vertx, new RedisConfig(URI.create("redis://localhost:" + silent.getLocalPort()), false));
            RedisLatestValues patient = latest(hanging);

            patient.update(Map.of("oven-1", List.of(number("t", NOON, 1))));
            patient.update(Map.of("oven-1", List.of(number("t", NOON + 1, 1))));

            assertEquals(1, failures);
            hanging.close().await();
        }
    }
}
