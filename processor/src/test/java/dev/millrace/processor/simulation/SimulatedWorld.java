package dev.millrace.processor.simulation;

import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.ownership.LeaseTime;
import dev.millrace.processor.ownership.Leases;
import dev.millrace.processor.shard.SnapshotPace;
import dev.millrace.processor.shard.StreamCatalog;
import dev.millrace.processor.store.ShardState;
import dev.millrace.processor.store.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A history of processors and what they depend on: a time of faults, then quiet, in which everything must come right and
 * stay so. All of it follows from the seed.
 */
final class SimulatedWorld {

    /** 2025-12-04T12:00:00Z. */
    static final long BEGINNING_NANOS = 1_764_849_600_000_000_000L;

    static final Duration FAULTS = Duration.ofSeconds(40);

    /** What the supervisor needs at most to see a reshard, and to begin with what it had given up for a while. */
    private static final Duration LOOKS = Duration.ofSeconds(31);

    private static final Duration WATCHED = Duration.ofSeconds(15);
    private static final Duration READING_ON = Duration.ofSeconds(12);

    /** Outlasted by some outages. */
    private static final Duration SHORT_RETENTION = Duration.ofSeconds(15);

    private static final RuleSet RULES = rules("""
            version: 1
            rules:
              - name: hot
                metric: temperature
                above: 90
                severity: warning
              - name: cold
                metric: temperature
                below: 85
                severity: info
              - name: silent
                metric: temperature
                silentFor: 4s
                severity: critical
              - name: stopped
                metric: status
                silentFor: 9s
                severity: warning
            """);

    private static RuleSet rules(String text) {
        if (RuleFile.parse(text) instanceof RuleFile.Valid(RuleSet rules)) {
            return rules;
        }
        throw new IllegalArgumentException(text);
    }

    /** What is taken away from the system, for to see that the simulation notices. */
    enum Without {
        NOTHING("nothing"),
        EPOCH_TEST(" commits for "),
        POSITION_TEST(" and has counted |a second dead letter "),
        PARENT_ORDER(" is read before its parent "),
        MONOTONIC_CLOCK("unevenly|is not read: it is owned by|with no reason");

        private final Pattern shownBy;

        Without(String shownBy) {
            this.shownBy = Pattern.compile(shownBy);
        }

        /** Whether a message tells of what comes of it. */
        boolean isShownBy(@Nullable String message) {
            return message != null && shownBy.matcher(message).find();
        }
    }

    /**
     * What a history was like.
     *
     * @param hash of all that happened
     */
    record History(long hash, int commits, int takes, int fenced, long refed) {}

    private final Without without;
    private final RandomGenerator random;
    private final Scheduler scheduler;
    private final LeaseTime time;
    private final boolean kubernetes;
    private final boolean skewed;
    private final Server api;
    private final Server kinesis;
    private final SimulatedLeases leases;
    private final SimulatedStream stream;
    private final SimulatedDatabase database;
    private final Invariants invariants;
    private final Producers producers;
    private final SimulatedProcessor.Surroundings surroundings;
    private final Map<String, SimulatedProcessor> processors = new LinkedHashMap<>();
    private final List<SimulatedProcessor> all = new ArrayList<>();
    private int incarnations;

    SimulatedWorld(long seed, Without without, boolean tracing) {
        this.without = without;
        random = new Random(seed);
        scheduler = new Scheduler(new Random(random.nextLong()), tracing);
        time = new LeaseTime(Duration.ofMillis(2_000 + random.nextInt(3_000)));
        kubernetes = random.nextInt(4) > 0;
        api = new Server("API server", scheduler, random(), 2_000);
        kinesis = new Server("Kinesis", scheduler, random(), 3_000);
        leases = new SimulatedLeases(api);
        Duration retention = random.nextInt(6) == 0 ? SHORT_RETENTION : Duration.ofHours(24);
        stream = new SimulatedStream(scheduler, kinesis, random(), 1 + random.nextInt(4), retention);
        invariants = new Invariants(stream);
        database = new SimulatedDatabase(
                scheduler,
                new Server("PostgreSQL", scheduler, random(), 5_000),
                random(),
                time,
                new SimulatedDatabase.Tests(without != Without.EPOCH_TEST, without != Without.POSITION_TEST),
                invariants);
        producers = new Producers(scheduler, stream, random(), 150 + random.nextInt(600));
        skewed = random.nextBoolean();
        StartPosition start =
                switch (random.nextInt(4)) {
                    // by a wrong clock it would be an instant that is long over, or far off
                    case 1 -> skewed ? new StartPosition.TrimHorizon() : new StartPosition.Latest();
                    case 0 -> new StartPosition.At(stream.micros() + TimeUnit.SECONDS.toMicros(random.nextInt(8)));
                    default -> new StartPosition.TrimHorizon();
                };
        // slow, so that there is something to be fed again
        SnapshotPace pace =
                new SnapshotPace(Duration.ZERO, 1 + random.nextInt(4), Duration.ofSeconds(5 + random.nextInt(20)));
        surroundings = new SimulatedProcessor.Surroundings(time, stream, database, RULES, pace, start, scheduler);
    }

    private RandomGenerator random() {
        return new Random(random.nextLong());
    }

    /** Lets it happen. */
    History run() {
        try {
            producers.start();
            int count = kubernetes ? 1 + random.nextInt(4) : 1 + random.nextInt(2);
            for (int i = 0; i < count; i++) {
                begin("processor-" + i);
            }
            Faults faults = new Faults(this, random(), FAULTS.toNanos());
            faults.begin();
            scheduler.run(FAULTS.toNanos());
            faults.end();
            scheduler.note("quiet from here on");
            scheduler.run(time.duration().plus(LOOKS).toNanos());
            everyShardIsOwned();
            int takes = invariants.takes();
            int fenced = fenced();
            Map<String, ShardState> before = states();
            scheduler.run(WATCHED.toNanos());
            Invariants.require(invariants.takes() == takes, "shards are taken with no reason");
            Invariants.require(fenced() == fenced, "processors fence each other with no reason");
            everyShardProgresses(before);
            producers.stop();
            scheduler.run(READING_ON.toNanos());
            everythingIsStoredOnce();
            return new History(scheduler.hash(), invariants.commits(), invariants.takes(), fenced(), refed());
        } finally {
            all.forEach(processor -> processor.process().crash());
            scheduler.windUp();
        }
    }

    /** A process begins, in the place of another or beside it. */
    void begin(String name) {
        SimulatedProcess process = new SimulatedProcess(
                scheduler,
                name + "/" + ++incarnations,
                random.nextLong(),
                // more than any crystal
                1 + (random.nextDouble() - 0.5) / 50,
                skewed ? TimeUnit.SECONDS.toNanos(random.nextLong(-600, 600)) : 0);
        Optional<Leases> own = kubernetes ? Optional.of(leases(process, name)) : Optional.empty();
        SimulatedProcessor processor = new SimulatedProcessor(surroundings, process, catalog(process), own);
        SimulatedProcessor before = processors.put(name, processor);
        if (before != null) {
            before.process().crash();
        }
        all.add(processor);
        scheduler.note(process.owner() + " begins");
        processor.start();
    }

    private Leases leases(SimulatedProcess process, String name) {
        return without == Without.MONOTONIC_CLOCK
                ? leases.byWallClock(process, name, time.duration())
                : leases.of(process, name);
    }

    private StreamCatalog catalog(SimulatedProcess process) {
        StreamCatalog catalog = stream.catalog(process);
        return without == Without.PARENT_ORDER ? SimulatedStream.withoutParents(catalog) : catalog;
    }

    /** Those that are there and will stay. */
    List<SimulatedProcessor> living() {
        return processors.values().stream()
                .filter(processor -> !processor.process().crashed() && !processor.stopping())
                .toList();
    }

    /** The names of those that are gone. */
    List<String> vacant() {
        return processors.entrySet().stream()
                .filter(entry -> entry.getValue().process().crashed())
                .map(Map.Entry::getKey)
                .toList();
    }

    int names() {
        return processors.size();
    }

    boolean kubernetes() {
        return kubernetes;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    LeaseTime time() {
        return time;
    }

    SimulatedStream stream() {
        return stream;
    }

    SimulatedDatabase database() {
        return database;
    }

    Server api() {
        return api;
    }

    Server kinesis() {
        return kinesis;
    }

    String lastLines() {
        return scheduler.lastLines();
    }

    private long refed() {
        return all.stream().mapToLong(SimulatedProcessor::refed).sum();
    }

    private int fenced() {
        return all.stream().mapToInt(SimulatedProcessor::fenced).sum();
    }

    private Map<String, ShardState> states() {
        Map<String, ShardState> states = new LinkedHashMap<>();
        database.content().rows().forEach((shardId, row) -> states.put(shardId, row.state()));
        return states;
    }

    /** Those that are to be read on: not read out, their parents read out. */
    private List<String> due(Map<String, ShardState> states) {
        List<String> unread = stream.shards().stream()
                .map(shard -> shard.info.shardId())
                .filter(shardId -> !states.containsKey(shardId)
                        || !states.get(shardId).progress().closed())
                .toList();
        return unread.stream()
                .filter(shardId -> stream.shard(shardId).info.parents().stream().noneMatch(unread::contains))
                .toList();
    }

    private void everyShardIsOwned() {
        Map<String, ShardState> states = states();
        List<String> due = due(states);
        Map<String, Integer> shares = new LinkedHashMap<>();
        living().forEach(processor -> shares.put(processor.process().owner(), 0));
        for (String shardId : due) {
            ShardState state = states.get(shardId);
            String owner = state == null ? "nobody" : state.owner().orElse("nobody");
            Invariants.require(shares.containsKey(owner), "%s is not read: it is owned by %s", shardId, owner);
            shares.merge(owner, 1, Integer::sum);
        }
        if (kubernetes) {
            int most = Math.ceilDiv(due.size(), shares.size());
            int least = due.size() / shares.size();
            Invariants.require(
                    shares.values().stream().allMatch(share -> share >= least && share <= most),
                    "the shards are spread unevenly: %s",
                    shares);
        }
    }

    private void everyShardProgresses(Map<String, ShardState> before) {
        Map<String, ShardState> after = states();
        for (String shardId : due(after)) {
            ShardState earlier = before.get(shardId);
            ShardState later = after.get(shardId);
            Invariants.require(
                    later != null && (earlier == null || earlier.beat() != later.beat()), "%s stands still", shardId);
        }
    }

    private void everythingIsStoredOnce() {
        Content content = database.content();
        for (SimulatedStream.Shard shard : stream.shards()) {
            String shardId = shard.info.shardId();
            invariants.countsEachRecordOnce(shardId, content);
            Content.Row row = content.row(shardId);
            Invariants.require(row != null, "%s was never read", shardId);
            if (row != null) {
                Invariants.require(
                        row.state().progress().closed() == shard.closed, "%s is not read to its end", shardId);
                int index = shard.indexOf(row.state().progress().position().sequenceNumber());
                for (int i = index + 1; i < shard.records.size(); i++) {
                    Invariants.require(
                            invariants.isExcused(shard, i, 0, content), "the record %d of %s is not read", i, shardId);
                }
            }
        }
        Content straight = StraightRun.of(stream, invariants, content, RULES);
        Content.Stored wanted = straight.stored();
        Content.Stored stored = content.stored();
        same("dead letters", wanted.deadLetters(), stored.deadLetters());
        same("rows", wanted.samples(), stored.samples());
        if (content.gaps().isEmpty() && stream.retentionMicros() > TimeUnit.MINUTES.toMicros(10)) {
            // what retention has trimmed cannot be fed again
            same("anomalies", wanted.anomalies(), stored.anomalies());
        }
        same("sensors seen", wanted.seen(), stored.seen());
    }

    private static <K, V> void same(String what, Map<K, V> wanted, Map<K, V> stored) {
        Map<K, V> lacking = new LinkedHashMap<>(wanted);
        lacking.entrySet().removeAll(stored.entrySet());
        Map<K, V> strange = new LinkedHashMap<>(stored);
        strange.entrySet().removeAll(wanted.entrySet());
        Invariants.require(
                lacking.isEmpty() && strange.isEmpty(), "%s: there must be %s, there are %s", what, lacking, strange);
    }
}
