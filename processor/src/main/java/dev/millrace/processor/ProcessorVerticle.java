package dev.millrace.processor;

import dev.millrace.core.lifecycle.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.shard.ShardInfo;
import dev.millrace.processor.shard.ShardSupervisor;
import dev.millrace.processor.shard.StreamCatalog;
import dev.millrace.processor.shard.VertxWaits;
import dev.millrace.processor.store.FlywayMigrations;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.StreamStore;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a processor, on a virtual thread: wait for the database and bring its schema up to date, wait for the stream,
 * then see to its shards and to the partitions of the coming days, until a stop.
 */
final class ProcessorVerticle extends VerticleBase {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessorVerticle.class);

    private static final Retry RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(5));
    private static final long LIST_INTERVAL_MILLIS = 30_000;
    private static final long PARTITIONS_INTERVAL_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final String PART = "stream";
    private static final String PARTITIONS = "partitions";

    /** What it sees to. */
    record Ports(FlywayMigrations migrations, StreamStore store, StreamCatalog catalog) {}

    /** How those are, and the shards. */
    record States(Availability postgresql, Availability kinesis, Health.Component shards) {}

    private final String stream;
    private final Ports ports;
    private final States states;
    private final LongFunction<ShardSupervisor> supervisors;
    private final RandomGenerator random;
    private final Promise<Void> ended = Promise.promise();
    private volatile @Nullable VertxWaits waits;

    /** @param supervisors makes the supervisor of a stream that was made at a time, microseconds since 1970 */
    ProcessorVerticle(
            String stream,
            Ports ports,
            States states,
            LongFunction<ShardSupervisor> supervisors,
            RandomGenerator random) {
        this.stream = stream;
        this.ports = ports;
        this.states = states;
        this.supervisors = supervisors;
        this.random = random;
    }

    @Override
    public Future<?> start() {
        VertxWaits own = new VertxWaits(vertx);
        waits = own;
        context.runOnContext(_ -> {
            try {
                run(own);
            } catch (Throwable e) {
                // without it the process would stand still and seem well
                LOG.error("The processor has a fault and reads no more", e);
                states.shards.down("stopped by a fault");
            } finally {
                ended.complete();
            }
        });
        return Future.succeededFuture();
    }

    @Override
    public Future<?> stop() {
        return finish();
    }

    /**
     * Stops reading; completes when every shard has committed what it had in hand. To be called before the undeployment, which
     * would take the shards away while new ones are perhaps being deployed.
     */
    Future<Void> finish() {
        VertxWaits own = waits;
        if (own == null) {
            return Future.succeededFuture();
        }
        own.requestStop();
        return ended.future();
    }

    private void run(VertxWaits own) {
        states.shards.down("waiting for PostgreSQL and Kinesis");
        if (insist(own, states.postgresql, this::migrate).isEmpty()) {
            return;
        }
        Optional<Long> created = insist(own, states.kinesis, ports.catalog::created);
        if (created.isEmpty()) {
            return;
        }
        ShardSupervisor supervisor = supervisors.apply(created.get());
        supervise(own, supervisor, created.get());
        supervisor.stop().await();
    }

    private void supervise(VertxWaits own, ShardSupervisor supervisor, long created) {
        long madePartitions = own.nanos() - PARTITIONS_INTERVAL_NANOS;
        while (!own.stopRequested()) {
            if (own.nanos() - madePartitions >= PARTITIONS_INTERVAL_NANOS && makePartitions()) {
                madePartitions = own.nanos();
            }
            Optional<List<ShardInfo>> shards = insist(own, states.kinesis, ports.catalog::shards);
            Optional<Set<String>> closed =
                    insist(own, states.postgresql, () -> ports.store.closedShards(stream, created));
            if (shards.isEmpty() || closed.isEmpty()) {
                return;
            }
            supervisor.deploy(shards.get(), closed.get(), own::wake);
            supervisor.ailment().ifPresentOrElse(states.shards::down, () -> states.shards.up(reading(supervisor)));
            own.pause(supervisor.millisToNext(LIST_INTERVAL_MILLIS));
        }
    }

    /**
     * Tries once, since there are partitions for days and shards to be seen to; what fails is told, and tried again in the next
     * round.
     */
    private boolean makePartitions() {
        return switch (ports.store.makePartitions()) {
            case Loaded.Found<Integer> _ -> {
                states.postgresql.worked(PARTITIONS);
                yield true;
            }
            case Loaded.Unavailable<Integer>(String reason) -> {
                states.postgresql.failed(PARTITIONS, "partitions cannot be made: " + reason);
                yield false;
            }
        };
    }

    private static String reading(ShardSupervisor supervisor) {
        return supervisor.size() == 1 ? "reading 1 shard" : "reading " + supervisor.size() + " shards";
    }

    private Loaded<Integer> migrate() {
        FlywayMigrations.Migrated migrated =
                vertx.executeBlocking(ports.migrations::migrate, false).await();
        return switch (migrated) {
            case FlywayMigrations.UpToDate(int applied) -> {
                LOG.info("The database schema is up to date, {} migrations applied", applied);
                yield new Loaded.Found<>(applied);
            }
            case FlywayMigrations.Failed(String reason) -> new Loaded.Unavailable<>(reason);
        };
    }

    /** Asks until there is an answer; nothing where a stop comes first. */
    private <T> Optional<T> insist(VertxWaits own, Availability availability, Supplier<Loaded<T>> question) {
        for (int failures = 1; !own.stopRequested(); failures++) {
            switch (question.get()) {
                case Loaded.Found(T value) -> {
                    availability.worked(PART);
                    return Optional.of(value);
                }
                case Loaded.Unavailable<T>(String reason) -> {
                    availability.failed(PART, reason);
                    own.pause(RETRY.delayMillis(failures, random));
                }
            }
        }
        return Optional.empty();
    }
}
