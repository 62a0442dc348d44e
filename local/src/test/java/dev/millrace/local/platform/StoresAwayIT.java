package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.fault.Fault;
import dev.millrace.local.kinesis.fault.FaultRule;
import dev.millrace.local.kinesis.protocol.Operation;
import dev.millrace.local.port.FreePort;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * G4 and G5: what a processor uses is away, refuses, is slow or has forgotten, while the gateway goes on ingesting. The processor
 * lives, says what it lacks, holds a bounded amount of memory, catches up, and loses and repeats nothing. One processor lives
 * through all of it, and all that was ever stored is looked at after each outage.
 */
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoresAwayIT {

    private static final int SHARDS = 2;
    private static final int SENSORS = 4;
    private static final int RATE = 1_000;

    /** Some of what comes during an outage comes from sensors that are silent after it. */
    private static final int MEANWHILE_SENSORS = 2;

    private static final int MEANWHILE_RATE = 200;

    private static final int HEAP_MIB = 160;

    /**
     * What a shard may have in hand, one read and the next, and as much for what is made of it. A minute's readings, kept as objects, are
     * several times as much.
     */
    private static final int MORE_MIB = SHARDS * 2 * 2 * 2;

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total +[0-9]+ +([0-9]+)");

    /** A warning or an error, without those of Vert.x about threads that a busy machine held up. */
    private static final Pattern COMPLAINT = Pattern.compile("(?m)^\\S+ (?:WARN|ERROR) +(?!BlockedThreadChecker).*$");

    /** Of a server that answers, but on a busy machine too late. */
    private static final Pattern SLOW = Pattern.compile(
            " WARN +Availability: (?:PostgreSQL|Redis|Kinesis) is away: .*(?:in time|timeout|timed out)");

    private static final Pattern BACK = Pattern.compile("Availability: (PostgreSQL|Redis|Kinesis) is back after ");

    /** What an outage does to readiness. */
    private enum Told {
        NOT_READY,
        READY_BUT_AWAY,
        READY
    }

    /** What happens to the world. */
    private interface Step {
        void take(StoresAwayIT world) throws Exception;
    }

    /** The outages, in an order in which those of one server lie apart: what follows within ten seconds is not told again. */
    @SuppressWarnings("ImmutableEnumChecker") // the steps capture nothing
    enum Outage {
        POSTGRESQL_GONE(
                "PostgreSQL", Told.NOT_READY, world -> world.postgres.goAway(), world -> world.postgres.comeBack()),
        REDIS_GONE("Redis", Told.READY_BUT_AWAY, world -> world.redis.goAway(), world -> world.redis.comeBack()),
        KINESIS_GONE("Kinesis", Told.NOT_READY, world -> world.kinesis.goAway(), world -> world.kinesis.comeBack()),
        /** A fail-over as a client sees it that finds a server which does not write, and stays connected to it. */
        POSTGRESQL_READ_ONLY(
                "PostgreSQL",
                Told.NOT_READY,
                world -> {
                    world.services.execute("ALTER DATABASE millrace SET default_transaction_read_only = on");
                    world.postgres.cut();
                },
                world -> {
                    // the sessions that are there stay as they are: they must be given up
                    world.services.execute(
                            "SET default_transaction_read_only = off",
                            "ALTER DATABASE millrace RESET default_transaction_read_only");
                }),
        /** A server that has started anew without what it held, while most of its sensors are silent. */
        REDIS_FLUSHED("Redis", Told.READY, world -> world.services.redis(Command.FLUSHALL), world -> {}),
        /** It takes the calls, and never answers. */
        KINESIS_HANGS(
                "Kinesis",
                Told.NOT_READY,
                world -> world.services
                        .kinesis
                        .faults()
                        .add(FaultRule.of(new Fault.Hang()).on(Operation.GET_RECORDS)),
                world -> world.services.kinesis.faults().clear()),
        /** The SQLSTATE of a full disk, for each insert. */
        POSTGRESQL_FULL(
                "PostgreSQL",
                Told.NOT_READY,
                world -> world.services.execute("""
                        CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$
                        """, """
                        CREATE TRIGGER disk_full BEFORE INSERT ON measurement
                        FOR EACH STATEMENT EXECUTE FUNCTION disk_full()
                        """),
                world -> world.services.execute("DROP FUNCTION disk_full() CASCADE")),
        /** Each COMMIT takes half a lease time. */
        POSTGRESQL_SLOW("PostgreSQL", Told.READY, world -> world.services.execute("""
                        CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$
                        """, """
                        CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON shard_progress
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow_commit()
                        """), world -> {
            // to drop the trigger would lock the table behind a slow commit for longer than its users wait
            world.services.execute("""
                        CREATE OR REPLACE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN RETURN NULL; END $$
                        """);
        });

        private final String server;
        private final Told told;
        private final Step begin;
        private final Step end;

        Outage(String server, Told told, Step begin, Step end) {
            this.server = server;
            this.told = told;
            this.begin = begin;
            this.end = end;
        }

        /** Whether an answer of {@code /health/ready} tells it: what it says of this server, whatever it says of others. */
        boolean isTold(JsonObject readiness) {
            JsonObject component = readiness.getJsonObject("components").getJsonObject(server.toLowerCase(Locale.ROOT));
            boolean away = component.getString("detail").startsWith("away: ");
            return switch (told) {
                case NOT_READY -> !component.getBoolean("ready");
                case READY_BUT_AWAY -> component.getBoolean("ready") && away;
                case READY -> component.getBoolean("ready") && !away;
            };
        }

        /** Whether it leaves the process as ready as it may, which takes a moment in which no other server is slow. */
        boolean isToldAndNothingElse(JsonObject readiness) {
            return isTold(readiness) && readiness.getBoolean("ready") == (told != Told.NOT_READY);
        }
    }

    private final Services services;
    private final OutageProxy postgres;
    private final OutageProxy redis;
    private final OutageProxy kinesis;
    private final JavaProcess processor;
    private final JavaProcess gateway;
    private final int httpPort = FreePort.choose();
    private final Set<String> acknowledged = new HashSet<>();

    StoresAwayIT() throws Exception {
        services = new Services(SHARDS);
        postgres = new OutageProxy(services.postgresPort());
        redis = new OutageProxy(services.redisPort());
        kinesis = new OutageProxy(services.kinesis.endpoint().getPort());
        List<String> options = List.of(
                "-Xmx" + HEAP_MIB + "m", "-XX:TieredStopAtLevel=1", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError");
        Map<String, String> environment = services.environment(postgres.port(), redis.port(), kinesis.port());
        processor = JavaProcess.start(services.directory(), options, "processor", environment);
        Map<String, String> gatewayEnvironment = services.environment();
        gatewayEnvironment.put("HTTP_PORT", Integer.toString(httpPort));
        gateway = JavaProcess.start(services.directory(), "gateway", gatewayEnvironment);
    }

    @AfterAll
    void close() throws Exception {
        processor.close();
        gateway.close();
        postgres.close();
        redis.close();
        kinesis.close();
        services.close();
    }

    @Execution(ExecutionMode.SAME_THREAD)
    @ParameterizedTest
    @EnumSource
    void aShortOutageCostsTimeOnly(Outage outage) throws Exception {
        test(outage, outage.told == Told.READY ? Duration.ZERO : Duration.ofSeconds(5));
    }

    /** As long as {@code OUTAGE_SECONDS} says; 60 s unless set. */
    @Execution(ExecutionMode.SAME_THREAD)
    @ParameterizedTest
    @EnumSource(names = {"POSTGRESQL_GONE", "REDIS_GONE", "KINESIS_GONE"})
    @Tag("soak")
    void aLongOutageTakesNoMoreMemoryThanAShortOne(Outage outage) throws Exception {
        test(outage, Duration.ofSeconds(Long.parseLong(System.getenv().getOrDefault("OUTAGE_SECONDS", "60"))));
    }

    private void test(Outage outage, Duration duration) throws Exception {
        gateway.awaitReady();
        processor.awaitReady();
        String name = outage.name().toLowerCase(Locale.ROOT) + "-" + duration.toSeconds() + "-";
        List<Long> heap = new ArrayList<>();
        long before;
        int logged;
        try (Load load = Load.start(httpPort, name, SENSORS, RATE)) {
            awaitCommits("before");
            before = liveMib();
            logged = processor.output().length();
            outage.begin.take(this);
            long end = System.nanoTime() + duration.toNanos();
            try (Load meanwhile = Load.start(httpPort, name + "meanwhile-", MEANWHILE_SENSORS, MEANWHILE_RATE)) {
                Await.until(outage + " is told", () -> outage.isToldAndNothingElse(readiness()));
                heap.add(liveMib());
                // on and on, not only once
                while (System.nanoTime() - end < 0) {
                    assertTold(outage);
                    LockSupport.parkNanos(POLL.toNanos());
                }
                if (outage.told == Told.READY) {
                    awaitCommits("during " + outage);
                    assertTold(outage);
                }
                Await.until(outage + " is still told", () -> outage.isToldAndNothingElse(readiness()));
                Await.until("sensors that will be silent have sent", () -> !meanwhile.accepted.isEmpty());
                acknowledged.addAll(meanwhile.accepted);
                heap.add(liveMib());
            } finally {
                outage.end.take(this);
            }
            processor.awaitReady();
            awaitCommits("after " + outage);
            acknowledged.addAll(load.accepted);
        }
        Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
        long back = System.nanoTime();
        Await.until("Redis has the latest values after " + outage, () -> Stored.notInRedis(services, "temperature")
                .isEmpty());
        System.out.printf(
                "StoresAwayIT: %s for %d s, -Xmx%dm: live %d MiB before and %s MiB meanwhile, Redis right %d ms after"
                        + " PostgreSQL%n",
                outage,
                duration.toSeconds(),
                HEAP_MIB,
                before,
                heap,
                Duration.ofNanos(System.nanoTime() - back).toMillis());
        assertTrue(heap.getLast() <= before + MORE_MIB, () -> "more than the bound: " + before + ", then " + heap);
        StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
        assertTrue(content.readings.containsAll(acknowledged), "an acknowledged reading is not in the stream");
        assertFalse(content.anomalies.isEmpty());
        content.assertStored(services);
        processor.awaitReady();
        assertLogged(outage, processor.output().substring(logged));
        gateway.assertNoFault();
    }

    private void awaitCommits(String when) throws Exception {
        double committed = processor.metric("millrace_processor_commits_total");
        Await.until("batches are committed " + when, () -> {
            assertTrue(processor.isAlive(), processor::output);
            return processor.metric("millrace_processor_commits_total") >= committed + SHARDS;
        });
    }

    /** What the processor says of itself in one answer: it is ready, by status and body, exactly where all of its components are. */
    private JsonObject readiness() throws Exception {
        HttpResponse<String> answer =
                processor.answer("/health/ready").orElseThrow(() -> new AssertionError(processor.output()));
        JsonObject readiness = new JsonObject(answer.body());
        JsonObject components = readiness.getJsonObject("components");
        boolean all = components.fieldNames().stream()
                .allMatch(name -> components.getJsonObject(name).getBoolean("ready"));
        assertEquals(all, readiness.getBoolean("ready"), answer::body);
        assertEquals(all ? 200 : 503, answer.statusCode(), answer::body);
        return readiness;
    }

    /** Of its own component alone: on a busy machine another server may be slow just then. */
    private void assertTold(Outage outage) throws Exception {
        JsonObject readiness = readiness();
        assertTrue(outage.isTold(readiness), readiness::encode);
        assertEquals(200, processor.status("/health/live"), processor::output);
    }

    /**
     * An outage is a line at its beginning and one at its end, and nothing else, but for what a busy machine is to blame for: that another
     * server did not answer in time, and did soon after.
     */
    private void assertLogged(Outage outage, String log) throws Exception {
        String away = outage.server + " is away: ";
        List<String> complaints =
                COMPLAINT.matcher(log).results().map(MatchResult::group).toList();
        List<String> own =
                complaints.stream().filter(line -> line.contains(away)).toList();
        List<String> slow = complaints.stream()
                .filter(line -> !line.contains(away) && SLOW.matcher(line).find())
                .toList();
        List<String> others = new ArrayList<>(complaints);
        others.removeAll(own);
        others.removeAll(slow);
        assertEquals(List.of(), others);
        assertEquals(outage.told == Told.READY ? 0 : 1, own.size(), own::toString);
        Map<Boolean, Long> back = BACK.matcher(log)
                .results()
                .collect(Collectors.partitioningBy(line -> line.group(1).equals(outage.server), Collectors.counting()));
        assertEquals(Map.of(true, (long) own.size(), false, (long) slow.size()), back, complaints::toString);
        assertFalse(log.contains("\tat "), log);
    }

    /** The objects that are alive, in MiB: of one moment, so that what is allocated since the collection is not in it. */
    private long liveMib() throws Exception {
        assertTrue(processor.isAlive(), processor::output);
        Matcher total = TOTAL.matcher(processor.jcmd("GC.class_histogram"));
        assertTrue(total.find(), processor::output);
        return Long.parseLong(total.group(1)) >> 20;
    }
}
