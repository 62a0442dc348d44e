package dev.millrace.local.platform;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import dev.millrace.local.kinesis.store.ShardDescription;
import dev.millrace.local.port.FreePort;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * G3 with real processes, four at a time, and a gateway that ingests all the while: the stream is split and merged, one is
 * killed, two stand still for longer than a lease, one of them inside a transaction, and one is stopped.
 */
class ProcessorsIT {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessorsIT.class);

    private static final int SHARDS = 4;
    private static final int SENSORS = 24;
    private static final int RATE = 1_200;
    private static final String LEASE = "6s";

    private static final String FENCED = "millrace_processor_fenced_commits_total";
    private static final String COMMITS = "millrace_processor_commits_total";

    /**
     * Who has moved a shard's position on, and waits for a table with the rest of that transaction: the xmax of the row that
     * all others see is then that transaction.
     */
    private static final String WAITING = """
            SELECT p.shard_id, p.owner, w.pid FROM shard_progress p
            JOIN pg_locks x ON x.locktype = 'transactionid' AND x.granted AND x.transactionid = p.xmax
            JOIN pg_locks w ON w.pid = x.pid AND w.locktype = 'relation' AND NOT w.granted
                AND w.relation = 'measurement'::regclass
            ORDER BY 1
            """;

    private final Map<String, JavaProcess> processors = new TreeMap<>();
    private int httpPort;
    private Services services;
    private LeaseApiServer api;

    @BeforeEach
    void startServices() throws Exception {
        httpPort = FreePort.choose();
        services = new Services(SHARDS);
        api = new LeaseApiServer();
    }

    @AfterEach
    void stopAll() {
        processors.values().forEach(JavaProcess::close);
        api.close();
        services.close();
    }

    private record Waiting(String shardId, String pod, String backend) {}

    @Test
    void everyReadingHasItsEffectOnceWhateverBefallsTheProcessors() throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", Integer.toString(httpPort));
        try (JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", environment)) {
            for (int i = 0; i < 4; i++) {
                // one at a time: on a small machine they would hold each other up
                start("p-" + i).awaitReady();
            }
            gateway.awaitReady();
            Set<String> acknowledged;
            try (Load load = Load.start(httpPort, SENSORS, RATE)) {
                Await.until(
                        "each has a shard",
                        () -> new TreeSet<>(Stored.owners(services).values()).equals(processors.keySet()));
                awaitCommitsOfAll();
                splitAndMerge();
                killOneAndStartAnother();
                pauseTwo();
                stopOne();
                acknowledged = load.accepted;
            }
            Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
            verify(acknowledged);
            gateway.assertNoFault();
        }
    }

    private JavaProcess start(String pod) throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.putAll(api.environment(pod, LEASE));
        environment.put("HOSTNAME", pod);
        JavaProcess process = JavaProcess.start(
                services.directory(),
                List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                "processor",
                environment);
        processors.put(pod, process);
        return process;
    }

    /** The first shard is split and the last two are merged; their successors are awaited by what comes after. */
    private void splitAndMerge() throws Exception {
        List<ShardDescription> shards = services.kinesis.shards(Services.STREAM);
        KinesisConfig config = KinesisConfig.read(new Environment(services.environment()));
        try (KinesisAsyncClient kinesis = KinesisClients.create(config, Duration.ofSeconds(20), 4)) {
            ShardDescription first = shards.getFirst();
            BigInteger middle = first.range()
                    .start()
                    .toBigInteger()
                    .add(first.range().end().toBigInteger())
                    .shiftRight(1);
            kinesis.splitShard(request -> request.streamName(Services.STREAM)
                            .shardToSplit(first.id())
                            .newStartingHashKey(middle.toString()))
                    .join();
            Await.until(
                    "it is split",
                    () -> services.kinesis.shards(Services.STREAM).size() == SHARDS + 2);
            Await.until("the merge is taken", () -> {
                try {
                    kinesis.mergeShards(request -> request.streamName(Services.STREAM)
                                    .shardToMerge(shards.get(2).id())
                                    .adjacentShardToMerge(shards.get(3).id()))
                            .join();
                    return true;
                } catch (java.util.concurrent.CompletionException e) {
                    return false;
                }
            });
        }
        Await.until(
                "they are merged",
                () -> services.kinesis.shards(Services.STREAM).size() == SHARDS + 3);
    }

    private void killOneAndStartAnother() throws Exception {
        Await.until("there is something to lose", () -> Stored.lags(services));
        JavaProcess victim = processors.get("p-0");
        assertTrue(victim.metric(COMMITS) > 0);
        victim.kill();
        victim.assertNoFault();
        processors.remove("p-0").close();
        start("p-4").awaitReady();
        awaitAllOwned();
        awaitCommitsOfAll();
    }

    /** One holds a batch in its transaction, the other is between two batches or in the middle of one. */
    private void pauseTwo() throws Exception {
        Waiting inside = pauseInsideTransaction();
        String outside = Stored.owners(services).entrySet().stream()
                .filter(entry -> !entry.getKey().equals(inside.shardId)
                        && !entry.getValue().equals(inside.pod))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
        JavaProcess first = processors.get(inside.pod);
        JavaProcess second = processors.get(outside);
        second.pause();
        Map<String, Double> before = new HashMap<>();
        Set<String> others = new TreeSet<>(processors.keySet());
        others.removeAll(Set.of(inside.pod, outside));
        LOG.info("{} stands still with {} in a transaction, {} somewhere else", inside.pod, inside.shardId, outside);
        Await.until(
                "others own their shards",
                () -> others.containsAll(Stored.owners(services).values()));
        long read = Stored.userRecords(services);
        Set<String> positions = Stored.positions(services);
        Await.until("others have committed for each", () -> {
            Set<String> same = new TreeSet<>(Stored.positions(services));
            same.retainAll(positions);
            return same.size() == Stored.closed(services).size();
        });
        assertTrue(Stored.userRecords(services) > read);
        first.goOn();
        second.goOn();
        Await.until("it learns that its transaction came to nothing", () -> first.metric(FENCED) >= 1);
        Await.until("the other one's commit is refused", () -> second.metric(FENCED) >= 1);
        before.put(inside.pod, first.metric(COMMITS));
        before.put(outside, second.metric(COMMITS));
        awaitAllOwned();
        Await.until(
                "both go on working",
                () -> first.metric(COMMITS) > before.get(inside.pod) && second.metric(COMMITS) > before.get(outside));
    }

    /** Finds one that cannot go on in the middle of its transaction, and pauses it before it can. */
    private Waiting pauseInsideTransaction() throws Exception {
        while (true) {
            Waiting found;
            try (Connection connection = services.database();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("LOCK TABLE measurement IN EXCLUSIVE MODE");
                Await.until("a processor waits with its position moved", () -> !waiting()
                        .isEmpty());
                found = waiting().stream().findFirst().orElse(null);
                if (found == null) {
                    continue;
                }
                processors.get(found.pod).pause();
                if (!waiting().contains(found)) {
                    // its time to wait for a lock was over just then
                    processors.get(found.pod).goOn();
                    continue;
                }
            }
            // what it had sent was done, and its transaction ends without it
            String backend = found.backend;
            Await.until(
                    "its session is over",
                    () -> services.number("SELECT count(*) FROM pg_stat_activity WHERE pid = " + backend) == 0);
            return found;
        }
    }

    private List<Waiting> waiting() throws SQLException {
        return services.rows(WAITING).stream()
                .map(row -> row.split("\\|", -1))
                .map(row -> new Waiting(row[0], row[1].replaceFirst("/.*", ""), row[2]))
                .toList();
    }

    /** One that is asked to stop gives its shards up itself, and nobody waits for a lease to end. */
    private void stopOne() throws Exception {
        String pod = Stored.owners(services).values().iterator().next();
        JavaProcess process = processors.get(pod);
        Set<String> had = new TreeSet<>();
        Stored.owners(services).forEach((shardId, owner) -> {
            if (owner.equals(pod)) {
                had.add(shardId);
            }
        });
        process.terminate();
        assertEquals(143, process.awaitExit());
        assertFalse(Stored.owners(services).containsValue(pod), "it has ended and still owns a shard");
        had.forEach(
                shardId -> assertTrue(process.output().contains("Shard " + shardId + " is given up"), process::output));
        assertTrue(api.leases().stream()
                .noneMatch(lease -> lease.getSpec().getHolderIdentity().startsWith(pod + "/")));
        process.assertNoFault();
        processors.remove(pod).close();
        awaitAllOwned();
        awaitCommitsOfAll();
    }

    /** Every shard that can be read is read, by those that live. */
    private void awaitAllOwned() throws Exception {
        Await.until("every shard is closed or owned", () -> {
            Map<String, String> owners = Stored.owners(services);
            int shards = services.kinesis.shards(Services.STREAM).size();
            return owners.size() + Stored.closed(services).size() == shards
                    && new TreeSet<>(owners.values()).equals(processors.keySet());
        });
    }

    private void awaitCommitsOfAll() throws Exception {
        Map<String, Double> before = new HashMap<>();
        for (Map.Entry<String, JavaProcess> entry : processors.entrySet()) {
            before.put(entry.getKey(), entry.getValue().metric(COMMITS));
        }
        for (Map.Entry<String, JavaProcess> entry : processors.entrySet()) {
            Await.until(
                    entry.getKey() + " commits", () -> entry.getValue().metric(COMMITS) > before.get(entry.getKey()));
        }
    }

    private void verify(Set<String> acknowledged) throws Exception {
        Set<String> closed = services.kinesis.shards(Services.STREAM).stream()
                .filter(shard -> !shard.isOpen())
                .map(ShardDescription::id)
                .collect(toCollection(TreeSet::new));
        assertEquals(3, closed.size());
        assertEquals(closed, Stored.closed(services));
        assertEquals(processors.keySet(), new TreeSet<>(Stored.owners(services).values()));
        StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
        LOG.info("{} acknowledged readings, {}", acknowledged.size(), content);
        assertTrue(content.readings.containsAll(acknowledged), "an acknowledged reading is not in the stream");
        content.assertStored(services);
        assertFalse(content.anomalies.isEmpty());
        assertEquals(0, services.number("SELECT count(*) FROM gap"));
        processors.values().forEach(JavaProcess::assertNoFault);
    }
}
