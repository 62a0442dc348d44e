package dev.millrace.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.shard.ShardInfo;
import dev.millrace.processor.shard.ShardSupervisor;
import dev.millrace.processor.shard.StreamCatalog;
import dev.millrace.processor.store.FlywayMigrations;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.PgTestServer;
import dev.millrace.processor.store.StreamStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
@Timeout(30)
class ProcessorVerticleIT {

    private static final String DETAIL = "detail";

    private final Health health = new Health("test");

    private Availability availability(String name) {
        return new Availability(name, Availability.Kind.ESSENTIAL, health.component(name), InstantSource.system());
    }

    private ProcessorVerticle deploy(Vertx vertx, StreamStore store, Supplier<Loaded<List<ShardInfo>>> shards) {
        StreamCatalog catalog = new StreamCatalog() {
            @Override
            public Loaded<Long> created() {
                return new Loaded.Found<>(1L);
            }

            @Override
            public Loaded<List<ShardInfo>> shards() {
                return shards.get();
            }
        };
        ProcessorVerticle verticle = new ProcessorVerticle(
                "stream",
                new ProcessorVerticle.Ports(new FlywayMigrations(PgTestServer.newDatabase()), store, catalog),
                new ProcessorVerticle.States(
                        availability("postgresql"), availability("kinesis"), health.component("shards")),
                _ -> new ShardSupervisor(
                        vertx,
                        (shard, _) -> {
                            throw new AssertionError(shard);
                        },
                        new ProcessorMetrics(new SimpleMeterRegistry(), InstantSource.system()),
                        System::nanoTime,
                        new Random(1)),
                new Random(1));
        vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .await();
        return verticle;
    }

    /** A store of a stream without shards, whose partitions cannot be made. */
    private static final class WithoutRights implements StreamStore {

        @Override
        public Loaded<Set<String>> closedShards(String stream, long streamCreated) {
            return new Loaded.Found<>(Set.of());
        }

        @Override
        public Loaded<Integer> makePartitions() {
            return new Loaded.Unavailable<>("permission denied");
        }
    }

    private JsonObject component(String name) {
        return health.toJson().getJsonObject("components").getJsonObject(name);
    }

    private void awaitDetail(String component, String detail) {
        while (!component(component).getString(DETAIL).equals(detail)) {
            assertFalse(Thread.interrupted(), () -> health.toJson().encode());
            Thread.onSpinWait();
        }
    }

    @Test
    void partitionsThatCannotBeMadeAreToldAndHoldUpNoShard(Vertx vertx) {
        ProcessorVerticle verticle = deploy(vertx, new WithoutRights(), () -> new Loaded.Found<>(List.of()));

        awaitDetail("shards", "reading 0 shards");

        assertEquals(
                "partitions cannot be made: permission denied",
                component("postgresql").getString(DETAIL));
        assertFalse(health.isReady());
        verticle.finish().await();
    }

    /** G5: a process that reads nothing must not seem well. */
    @Test
    void anErrorIsTold(Vertx vertx) {
        ProcessorVerticle verticle = deploy(vertx, new WithoutRights(), () -> {
            throw new NoClassDefFoundError("gone");
        });

        awaitDetail("shards", "stopped by a fault");

        assertFalse(health.isReady());
        verticle.finish().await();
    }
}
