package dev.millrace.bench.processor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Puts rows at a rate until it is closed, as the gateway's lanes do: at a beat, one record a shard, the next call when the stream has
 * answered; what is due meanwhile goes with it.
 */
final class SteadyLoad implements AutoCloseable {

    /** The gateway's (decision 0060). */
    private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** What a generator that was stopped for a moment makes good with: more at a time, and a shard's limits would refuse it. */
    private static final int CATCH_UP = 4;

    private final Rows rows;
    private final int[] shardOfSensor;
    private final List<Lane> lanes;
    private final KinesisProducer producer;
    private final CommitTimes times;
    private final int perSecond;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile long sent;
    private volatile @Nullable IOException failure;

    /** Begins. */
    SteadyLoad(Rows rows, EvenShards shards, KinesisProducer producer, CommitTimes times, int perSecond) {
        this.rows = rows;
        this.shardOfSensor = shards.ofSensors(rows);
        this.lanes =
                IntStream.range(0, shards.count()).mapToObj(_ -> new Lane()).toList();
        this.producer = producer;
        this.times = times;
        this.perSecond = perSecond;
        this.thread = Thread.ofPlatform().name("load").start(this::run);
    }

    private void run() {
        long start = System.nanoTime();
        long most = CATCH_UP * BEAT_NANOS * perSecond / TimeUnit.SECONDS.toNanos(1);
        try {
            for (long beat = start; !stopped; beat += BEAT_NANOS) {
                LockSupport.parkNanos(beat - System.nanoTime());
                long due = (System.nanoTime() - start) * perSecond / TimeUnit.SECONDS.toNanos(1);
                put(Math.min(due, sent + most));
                beat = Math.max(beat, System.nanoTime() - BEAT_NANOS);
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    private void put(long to) throws IOException {
        for (long row = sent; row < to; row++) {
            lanes.get(shardOfSensor[rows.sensor(row)]).add(rows.reading(row));
        }
        List<Lane.Aggregate> records = new ArrayList<>();
        for (int shard = 0; shard < lanes.size(); shard++) {
            Lane lane = lanes.get(shard);
            if (lane.count() > 0) {
                times.put(shard, lane.count(), System.nanoTime());
                records.add(lane.take());
            }
        }
        if (!records.isEmpty()) {
            producer.put(records);
        }
        sent = to;
    }

    /** Rows that the stream has taken. */
    long sent() {
        return sent;
    }

    /** Why it has ended. */
    Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    /** Puts no more; what was put is in the stream when this returns. */
    void end() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        end();
    }
}
