package dev.millrace.gateway.publish;

import dev.millrace.core.connect.Retry;
import dev.millrace.core.ops.Availability;
import dev.millrace.gateway.GatewayMetrics;
import io.vertx.core.AsyncResult;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Asks for the shard map until it tells what somebody wants to know: one call at a time, with back-off while the call fails,
 * while the map is incomplete (Kinesis answers what it knows in the middle of a reshard), and while it is still the old one.
 *
 * <p>Confined to the publisher's loop.
 */
final class ShardMapRefresh {

    private static final String PART = "shard map";

    private final Loop loop;
    private final ShardedStream stream;
    private final Retry retry;
    private final RandomGenerator random;
    private final Availability availability;
    private final GatewayMetrics metrics;
    private final Predicate<ShardMap> answers;
    private boolean underWay;
    private int attempts;

    /** @param answers takes a new map, and says whether it told all that anybody wants to know */
    ShardMapRefresh(
            Loop loop,
            ShardedStream stream,
            Retry retry,
            RandomGenerator random,
            Availability availability,
            GatewayMetrics metrics,
            Predicate<ShardMap> answers) {
        this.loop = loop;
        this.stream = stream;
        this.retry = retry;
        this.random = random;
        this.availability = availability;
        this.metrics = metrics;
        this.answers = answers;
    }

    /** Somebody wants to know where a shard lies. */
    void request() {
        if (!underWay) {
            underWay = true;
            attempts = 0;
            attempt();
        }
    }

    private void attempt() {
        metrics.shardMapRefreshed();
        stream.shardMap().onComplete(answer -> loop.run(() -> settle(answer)));
    }

    private void settle(AsyncResult<ShardMap> answer) {
        if (answer.failed()) {
            availability.failed(PART, answer.cause().getClass().getSimpleName());
        } else {
            availability.worked(PART);
            if (answers.test(answer.result())) {
                underWay = false;
                return;
            }
        }
        loop.after(retry.delayMillis(++attempts, random), this::attempt);
    }
}
