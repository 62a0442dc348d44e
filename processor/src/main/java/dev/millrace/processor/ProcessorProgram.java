package dev.millrace.processor;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.shard.ShardSupervisor;
import dev.millrace.processor.store.FlywayMigrations;
import dev.millrace.processor.task.Tasks;
import dev.millrace.processor.task.Waits;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of a processor: bring the schema up to date, then see to the shards until a stop. */
final class ProcessorProgram implements Tasks.Program {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessorProgram.class);

    private static final Retry RETRY = new Retry(Duration.ofMillis(250), Duration.ofSeconds(5));
    private static final String PART = "schema";

    private final Vertx vertx;
    private final FlywayMigrations migrations;
    private final Availability postgresql;
    private final Health.Component shards;
    private final Runnable onSchema;
    private final ShardSupervisor supervisor;
    private final RandomGenerator random;
    private boolean schemaTold;

    /** @param onSchema runs once, when the schema is up to date */
    ProcessorProgram(
            Vertx vertx,
            FlywayMigrations migrations,
            Availability postgresql,
            Health.Component shards,
            Runnable onSchema,
            ShardSupervisor supervisor,
            RandomGenerator random) {
        this.vertx = vertx;
        this.migrations = migrations;
        this.postgresql = postgresql;
        this.shards = shards;
        this.onSchema = onSchema;
        this.supervisor = supervisor;
        this.random = random;
    }

    @Override
    public void run(Waits waits) {
        shards.down("waiting for PostgreSQL and Kinesis");
        for (int failures = 1; !waits.stopRequested(); failures++) {
            switch (vertx.executeBlocking(migrations::migrate, false).await()) {
                case FlywayMigrations.UpToDate(int applied) -> {
                    LOG.info("The database schema is up to date, {} migrations applied", applied);
                    postgresql.worked(PART);
                    if (!schemaTold) {
                        schemaTold = true;
                        onSchema.run();
                    }
                    supervisor.run(waits);
                    return;
                }
                case FlywayMigrations.Failed(String reason) -> {
                    postgresql.failed(PART, reason);
                    waits.pause(RETRY.delayMillis(failures, random));
                }
            }
        }
    }
}
