package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.core.ops.Health;
import dev.millrace.processor.store.InMemoryShardStore;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ShardVerticleTest {

    private final InMemoryShardStore.Content content = new InMemoryShardStore.Content();
    private final CompletableFuture<ShardLoop.End> end = new CompletableFuture<>();
    private final Promise<Void> reached = Promise.promise();

    private final ShardVerticle.Listener listener = new ShardVerticle.Listener() {
        @Override
        public void ended(ShardLoop.End how) {
            end.complete(how);
        }

        @Override
        public void faulted(Throwable fault) {
            end.completeExceptionally(fault);
        }
    };

    private String deploy(Vertx vertx, Function<Waits, ShardLoop> loop) {
        return vertx.deployVerticle(
                        new ShardVerticle(loop, listener),
                        new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .await();
    }

    private static ShardLoop loop(FakeShard shard, FaultyStore store, Waits waits) {
        return LoopRig.loop(shard, store, new LoopRig.Latest(), new LoopRig.Meter(), new Health("test"), waits);
    }

    @Test
    void anUndeploymentEndsAWaitThatWouldLastForADay(Vertx vertx) {
        FakeShard away = new FakeShard().failing("away").beforeEachRead(reached::tryComplete);
        FaultyStore store = new FaultyStore(new InMemoryShardStore(content), () -> FaultyStore.Fault.NONE);
        String deployment = deploy(vertx, waits -> loop(away, store, new Patient(waits)));
        reached.future().await();

        vertx.undeploy(deployment).await();

        assertEquals(ShardLoop.End.STOPPED, end.join());
    }

    @Test
    void anUndeploymentWaitsForTheBatchInHand(Vertx vertx) {
        FakeShard shard = new FakeShard()
                .putAggregate(List.of(LoopRig.temperature("oven-1", FakeShard.ARRIVAL, 1)))
                .open();
        Promise<Void> goOn = Promise.promise();
        int[] uses = {0};
        // progress, series, commit: the commit hangs
        FaultyStore store = new FaultyStore(new InMemoryShardStore(content), () -> {
            if (++uses[0] == 3) {
                reached.complete();
                goOn.future().await();
            }
            return FaultyStore.Fault.NONE;
        });
        String deployment = deploy(vertx, waits -> loop(shard, store, waits));
        reached.future().await();

        Future<Void> undeployed = vertx.undeploy(deployment);
        goOn.complete();
        undeployed.await();

        assertEquals(ShardLoop.End.STOPPED, end.join());
        assertEquals(1, content.stored().userRecords());
    }

    /** G5: an Error is nothing that the loop goes on after, but it must not end in silence. */
    @Test
    void anErrorIsToldAndLetsTheVerticleEnd(Vertx vertx) {
        Error error = new NoClassDefFoundError("gone");
        FakeShard broken = new FakeShard().beforeEachRead(() -> {
            throw error;
        });
        FaultyStore store = new FaultyStore(new InMemoryShardStore(content), () -> FaultyStore.Fault.NONE);

        String deployment = deploy(vertx, waits -> loop(broken, store, waits));

        assertSame(error, assertThrows(CompletionException.class, end::join).getCause());
        vertx.undeploy(deployment).await();
        assertEquals(1, store.closed);
    }

    @Test
    void aLoopThatCannotBeMadeIsTold(Vertx vertx) {
        Error error = new NoClassDefFoundError("gone");

        String deployment = deploy(vertx, _ -> {
            throw error;
        });

        assertSame(error, assertThrows(CompletionException.class, end::join).getCause());
        vertx.undeploy(deployment).await();
    }

    private record Patient(Waits waits) implements Waits {
        @Override
        public long nanos() {
            return waits.nanos();
        }

        @Override
        public void pause(long millis) {
            waits.pause(millis > 0 ? 86_400_000 : 0);
        }

        @Override
        public boolean stopRequested() {
            return waits.stopRequested();
        }
    }
}
