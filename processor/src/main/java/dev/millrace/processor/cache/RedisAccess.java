package dev.millrace.processor.cache;

import dev.millrace.core.ops.Availability;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The use of Redis by all parts of a process, and whether it is away. While it is, only the keeper tries it, so that an
 * outage costs the shards nothing but the time-out by which it was noticed. Thread-safe.
 */
final class RedisAccess {

    private static final String PART = "latest values";

    /** What one use may take, waiting for its turn included. */
    private static final long TIMEOUT_NANOS = Duration.ofSeconds(2).toNanos();

    private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

    /** After so long without a failure an outage is a new one. */
    private static final long CALM_NANOS = Duration.ofSeconds(20).toNanos();

    /** Of a server that answers probes and fails under load: the longest time between probes is eight seconds. */
    private static final int MAX_RELAPSES = 3;

    /**
     * Connections that are used at a time. A connection to a cluster takes one of each node from its pool; were there more
     * than a pool has, they could wait for each other in a ring.
     */
    private static final int MAX_CONNECTIONS = 8;

    private final Redis redis;
    private final Availability availability;
    private final CacheMeter meter;
    private final LongSupplier nanos;
    private final Deque<Promise<Void>> waiting = new ArrayDeque<>();
    private int free = MAX_CONNECTIONS;
    /** Until it was there once, too. */
    private volatile boolean away = true;

    private long nextProbe;
    private long lastFailure;
    private int relapses;

    /** @param nanos a monotonic clock, nanoseconds */
    RedisAccess(Redis redis, Availability availability, CacheMeter meter, LongSupplier nanos) {
        this.redis = redis;
        this.availability = availability;
        this.meter = meter;
        this.nanos = nanos;
        this.nextProbe = nanos.getAsLong();
        this.lastFailure = nextProbe;
    }

    /** What is done with a connection. */
    interface Use<T> {
        T with(RedisConnection connection, Turn turn) throws RedisAway;
    }

    /** Waits for answers, until the time of the use is over. */
    final class Turn {

        private final long deadline = nanos.getAsLong() + TIMEOUT_NANOS;

        private Turn() {}

        <T> T await(Future<T> future) throws RedisAway {
            long left = Math.max(1, deadline - nanos.getAsLong());
            var answer = future.timeout(left, TimeUnit.NANOSECONDS)
                    .transform(result -> Future.succeededFuture(result))
                    .await();
            if (answer.failed()) {
                throw new RedisAway(String.valueOf(answer.cause().getMessage()));
            }
            return answer.result();
        }
    }

    boolean isAway() {
        return away;
    }

    /** Whether it is time to see if it is back. */
    synchronized boolean isProbeDue() {
        return nanos.getAsLong() - nextProbe >= 0;
    }

    /** Uses a connection. Blocks the calling virtual thread for at most about two seconds. */
    <T> T use(Use<T> use) throws RedisAway {
        Turn turn = new Turn();
        Future<Void> permit = permit();
        try {
            turn.await(permit);
        } catch (RedisAway e) {
            permit.onSuccess(_ -> release());
            throw e;
        }
        Future<RedisConnection> connecting = redis.connect();
        RedisConnection connection;
        try {
            connection = turn.await(connecting);
        } catch (RedisAway e) {
            // one that comes too late must not stay out of the pool, and its permit is not free before
            connecting.onSuccess(RedisConnection::close).onComplete(_ -> release());
            throw e;
        }
        try {
            return use.with(connection, turn);
        } finally {
            connection.close().onComplete(_ -> release());
        }
    }

    private synchronized Future<Void> permit() {
        if (free > 0) {
            free--;
            return Future.succeededFuture();
        }
        Promise<Void> promise = Promise.promise();
        waiting.add(promise);
        return promise.future();
    }

    private void release() {
        Promise<Void> next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                free++;
            }
        }
        if (next != null) {
            next.complete();
        }
    }

    /** It was tried in vain. */
    synchronized void failed(String reason) {
        long now = nanos.getAsLong();
        if (!away) {
            away = true;
            relapses = now - lastFailure < CALM_NANOS ? Math.min(relapses + 1, MAX_RELAPSES) : 0;
        }
        lastFailure = now;
        nextProbe = now + (PROBE_NANOS << relapses);
        meter.failed(CacheMeter.Failure.REDIS);
        availability.failed(PART, reason);
    }

    /** The keeper has used it. */
    void worked() {
        away = false;
        availability.worked(PART);
    }

    /** Nobody uses it any more. */
    void end() {
        availability.forget(PART);
    }
}
