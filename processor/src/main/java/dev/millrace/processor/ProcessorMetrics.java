package dev.millrace.processor;

import dev.millrace.processor.alert.AlertDestination;
import dev.millrace.processor.alert.AlertEvent;
import dev.millrace.processor.alert.AlertMeter;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import dev.millrace.processor.cache.CacheMeter;
import dev.millrace.processor.rules.RuleMeter;
import dev.millrace.processor.shard.Batch;
import dev.millrace.processor.shard.ShardMeter;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Work;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Every metric of a processor: names, tags, meanings. */
public final class ProcessorMetrics implements ShardMeter, CacheMeter, RuleMeter, AlertMeter {

    private static final String PREFIX = "millrace.processor.";

    /** Stands for all shards until the first of them was read: their records may be as old as this, at least. */
    private static final String ALL = "";

    /** The severity of what closes because its rule is gone, and with it what it said. */
    private static final String RULE_GONE = "rule_gone";

    private final InstantSource clock;
    private final Counter records;
    private final Counter userRecords;
    private final Counter rows;
    private final Counter commits;
    private final Counter fencedCommits;
    private final Counter takeOvers;
    private final Counter handOvers;
    private final Counter gaps;
    private final Counter foreignAggregates;
    private final Map<Found, Counter> anomalies = new HashMap<>();
    private final Counter snapshotRows;
    private final Counter refed;
    private final Counter unreadableStates;
    private final Counter rulesRefused;
    private final AtomicInteger rulesVersion = new AtomicInteger();
    private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();
    private final Map<CacheMeter.Failure, Counter> cacheFailures = new EnumMap<>(CacheMeter.Failure.class);
    private final Counter rebuiltHashes;
    private final Counter sweeps;
    private final Map<DeadLetter.Reason, Counter> deadLetters = new EnumMap<>(DeadLetter.Reason.class);
    private final Map<Told, Counter> alerts = new HashMap<>();
    private final Map<AlertDestination.Kind, Waiting> alertsWaiting = new ConcurrentHashMap<>();
    private final MeterRegistry registry;
    private final Map<String, Behind> behind = new ConcurrentHashMap<>();
    private final Map<String, Long> committedUpTo = new ConcurrentHashMap<>();

    public ProcessorMetrics(MeterRegistry registry, InstantSource clock) {
        this.clock = clock;
        this.registry = registry;
        committedUpTo.put(ALL, clock.millis());
        records = counter(registry, "records", "Kinesis records committed");
        userRecords = counter(registry, "user.records", "User records committed, dead letters included");
        rows = counter(registry, "rows", "New rows of measurements and states");
        commits = counter(registry, "commits", "Transactions committed");
        fencedCommits = counter(
                registry,
                "fenced.commits",
                "Commits that stored nothing because the position or the epoch had changed");
        takeOvers = counter(registry, "take.overs", "Shards taken");
        handOvers = counter(registry, "hand.overs", "Shards given up, so that another process can go on at once");
        gaps = counter(registry, "gaps", "Gaps: records trimmed by retention before they were read");
        foreignAggregates = counter(registry, "foreign.aggregates", "Aggregates skipped for a key of another shard");
        for (ConditionKind condition : ConditionKind.values()) {
            for (Severity severity : Severity.values()) {
                anomalies("anomalies.opened", "Anomalies opened", condition, severity.text());
                anomalies("anomalies.closed", "Anomalies closed", condition, severity.text());
            }
            anomalies("anomalies.closed", "Anomalies closed", condition, RULE_GONE);
        }
        snapshotRows = counter(registry, "snapshot.rows", "States of series written down");
        unreadableStates =
                counter(registry, "unreadable.states", "States of series that could not be read, and are learnt anew");
        refed = counter(registry, "refed.user.records", "Stored user records that were fed to detectors again");
        rulesRefused = counter(registry, "rules.refused", "Rules that were refused whole, so that those before stay");
        Gauge.builder(PREFIX + "rules.version", rulesVersion, AtomicInteger::get)
                .description("The version of the newest rules")
                .register(registry);
        Gauge.builder(PREFIX + "series", this, metrics -> metrics.sum(Remembered::series))
                .description("Series in memory, over all shards of this process")
                .register(registry);
        Gauge.builder(PREFIX + "series.dirty", this, metrics -> metrics.sum(Remembered::dirty))
                .description("Series whose states are not written down as they stand")
                .register(registry);
        rebuiltHashes = counter(registry, "cache.rebuilt", "Hashes in Redis made good from the database");
        sweeps =
                counter(registry, "cache.sweeps", "Times that all sensors were looked at, because Redis had lost some");
        for (CacheMeter.Failure what : CacheMeter.Failure.values()) {
            cacheFailures.put(
                    what,
                    Counter.builder(PREFIX + "cache.failures")
                            .description("What failed in keeping the latest values in Redis")
                            .tag("what", what.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
            deadLetters.put(
                    reason,
                    Counter.builder(PREFIX + "dead.letters")
                            .description("User records that are no reading")
                            .tag("reason", reason.text())
                            .register(registry));
        }
        for (Outcome outcome : Outcome.values()) {
            for (AlertDestination.Kind kind : AlertDestination.Kind.values()) {
                for (AlertEvent event : AlertEvent.values()) {
                    alerts.put(
                            new Told(outcome, kind, event),
                            Counter.builder(PREFIX + outcome.metric)
                                    .description(outcome.description)
                                    .tag("destination", kind.text())
                                    .tag("event", event.text())
                                    .register(registry));
                }
            }
        }
        for (AlertDestination.Kind kind : AlertDestination.Kind.values()) {
            Gauge.builder(PREFIX + "alerts.waiting", this, metrics -> metrics.waiting(kind).alerts)
                    .description("Alerts that a destination has not got yet")
                    .tag("destination", kind.text())
                    .register(registry);
            Gauge.builder(PREFIX + "alerts.oldest.seconds", this, metrics -> metrics.waiting(kind).oldestSeconds)
                    .description("Since when the oldest of these waits")
                    .tag("destination", kind.text())
                    .register(registry);
        }
        Gauge.builder(PREFIX + "lag.seconds", this, ProcessorMetrics::lagSeconds)
                .description("Age of the oldest record that may be uncommitted, over all shards of this process")
                .register(registry);
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder(PREFIX + name).description(description).register(registry);
    }

    @Override
    public void committed(Batch batch, Work work, int newRows) {
        work.gap().ifPresent(_ -> gaps.increment());
        snapshotRows.increment(work.snapshots().series().size());
        count(work.detection());
        if (batch.isNone()) {
            // a sign of life
            return;
        }
        commits.increment();
        records.increment(batch.records());
        userRecords.increment(work.userRecords());
        foreignAggregates.increment(batch.foreignAggregates());
        rows.increment(newRows);
        for (DeadLetter letter : work.deadLetters()) {
            Counter counter = deadLetters.get(letter.reason());
            if (counter != null) {
                counter.increment();
            }
        }
    }

    private record Found(String metric, ConditionKind condition, String severity) {}

    private void anomalies(String metric, String description, ConditionKind condition, String severity) {
        anomalies.put(
                new Found(metric, condition, severity),
                Counter.builder(PREFIX + metric)
                        .description(description)
                        .tag("condition", condition.text())
                        .tag("severity", severity)
                        .register(registry));
    }

    private void count(String metric, ConditionKind condition, String severity) {
        Counter counter = anomalies.get(new Found(metric, condition, severity));
        if (counter != null) {
            counter.increment();
        }
    }

    private void count(Detection detection) {
        for (Detection.Opened opened : detection.opened()) {
            ConditionKind condition = opened.anomaly().condition();
            String severity = opened.anomaly().severity().text();
            count("anomalies.opened", condition, severity);
            if (opened.course().closedAt().isPresent()) {
                count("anomalies.closed", condition, severity);
            }
        }
        for (Detection.Changed closed : detection.changed()) {
            count(
                    "anomalies.closed",
                    closed.condition(),
                    closed.severity().map(Severity::text).orElse(RULE_GONE));
        }
    }

    private record Remembered(int series, int dirty) {}

    private double sum(ToIntFunction<Remembered> what) {
        return remembered.values().stream().mapToInt(what).sum();
    }

    @Override
    public void stateUnreadable() {
        unreadableStates.increment();
    }

    @Override
    public void refed(int userRecords) {
        refed.increment(userRecords);
    }

    @Override
    public void remembered(String shardId, int series, int dirty) {
        remembered.put(shardId, new Remembered(series, dirty));
    }

    @Override
    public void rulesRefused() {
        rulesRefused.increment();
    }

    @Override
    public void rulesAre(int version) {
        rulesVersion.set(version);
    }

    @Override
    public void fenced() {
        fencedCommits.increment();
    }

    @Override
    public void taken() {
        takeOvers.increment();
    }

    @Override
    public void handedOver() {
        handOvers.increment();
    }

    @Override
    public void awaited(String shardId, OptionalLong storedTo, long millis) {
        if (storedTo.isPresent()) {
            committedUpTo.put(shardId, TimeUnit.MICROSECONDS.toMillis(storedTo.getAsLong()));
            return;
        }
        long since = clock.millis() - millis;
        committedUpTo.merge(shardId, Math.min(since, committedUpTo.getOrDefault(ALL, since)), Math::min);
    }

    @Override
    public void caughtUp(String shardId, long millisBehind) {
        committedUpTo.remove(ALL);
        committedUpTo.put(shardId, clock.millis() - millisBehind);
        behind.computeIfAbsent(shardId, this::registerBehind).millis = millisBehind;
    }

    /** The tag is a shard's id: there are few shards, and those that are read elsewhere are taken out again. */
    private Behind registerBehind(String shardId) {
        Behind value = new Behind();
        value.gauge = Gauge.builder(PREFIX + "behind.milliseconds", value, current -> current.millis)
                .description("How far what was last read of a shard lies behind its tip")
                .tag("shard", shardId)
                .register(registry);
        return value;
    }

    private static final class Behind {

        private volatile long millis;
        private volatile @Nullable Gauge gauge;
    }

    @Override
    public void left(String shardId) {
        committedUpTo.remove(shardId);
        remembered.remove(shardId);
        Behind value = behind.remove(shardId);
        Gauge gauge = value == null ? null : value.gauge;
        if (gauge != null) {
            registry.remove(gauge);
        }
    }

    @Override
    public void spread() {
        committedUpTo.remove(ALL);
    }

    @Override
    public void rebuilt(int hashes) {
        rebuiltHashes.increment(hashes);
    }

    @Override
    public void sweeping() {
        sweeps.increment();
    }

    @Override
    public void failed(CacheMeter.Failure what) {
        Counter counter = cacheFailures.get(what);
        if (counter != null) {
            counter.increment();
        }
    }

    /** What becomes of alerts. */
    private enum Outcome {
        SENT("alerts.sent", "Alerts that a destination has"),
        SUPPRESSED("alerts.suppressed", "Alerts that were over before they could be told"),
        FAILED("alerts.failed", "Attempts to tell a destination that came to nothing"),
        DEAD("alerts.dead", "Alerts that were told in vain for a day and are given up");

        private final String metric;
        private final String description;

        Outcome(String metric, String description) {
            this.metric = metric;
            this.description = description;
        }
    }

    private record Told(Outcome outcome, AlertDestination.Kind kind, AlertEvent event) {}

    private void count(Outcome outcome, AlertDestination.Kind kind, AlertEvent event, int alerts) {
        Counter counter = this.alerts.get(new Told(outcome, kind, event));
        if (counter != null) {
            counter.increment(alerts);
        }
    }

    @Override
    public void sent(AlertDestination.Kind kind, AlertEvent event, int alerts) {
        count(Outcome.SENT, kind, event, alerts);
    }

    @Override
    public void suppressed(AlertDestination.Kind kind, AlertEvent event, int alerts) {
        count(Outcome.SUPPRESSED, kind, event, alerts);
    }

    @Override
    public void failed(AlertDestination.Kind kind, AlertEvent event) {
        count(Outcome.FAILED, kind, event, 1);
    }

    @Override
    public void dead(AlertDestination.Kind kind, AlertEvent event, int alerts) {
        count(Outcome.DEAD, kind, event, alerts);
    }

    @Override
    public void waiting(AlertDestination.Kind kind, long alerts, double oldestSeconds) {
        alertsWaiting.put(kind, new Waiting(alerts, oldestSeconds));
    }

    private record Waiting(long alerts, double oldestSeconds) {}

    private Waiting waiting(AlertDestination.Kind kind) {
        return alertsWaiting.getOrDefault(kind, new Waiting(0, 0));
    }

    /** Grows also while nothing can be read or committed, because it is counted from the last time that all was. */
    private double lagSeconds() {
        long now = clock.millis();
        return committedUpTo.values().stream()
                .mapToDouble(upTo -> Math.max(0, now - upTo) / 1_000.0)
                .max()
                .orElse(0);
    }
}
