package dev.millrace.local.kinesis;

import dev.millrace.local.kinesis.store.Limits;
import java.time.Duration;
import java.util.Map;

/**
 * How a {@link KinesisEmulator} is set up. {@link #defaults} is as AWS behaves, on the port that Kinesis emulators use.
 *
 * @param host the address to listen on
 * @param port 0 to 65535; 0 for any free one
 * @param region the region in the streams' ARNs
 * @param streams the streams to create at start, and how many shards each has
 * @param limits what a shard takes and gives
 * @param shuffle whether the records of one PutRecords are stored in random order; AWS does not promise an order, so a
 *     producer that needs one must not put two records of one shard in a call
 * @param iteratorLifetime how long a shard iterator can be used, above zero
 * @param retention how long a stream keeps records unless it is told otherwise, above zero
 * @param maxStoredBytes the memory for all records, at least 1 MiB; over it the oldest go before their time, which is
 *     logged once and counted in {@code trimmedForMemory}
 * @param transitionDelay how long creating, changing and deleting a stream or a consumer takes; zero: no time
 * @param subscriptionLifetime how long a subscription to a shard lasts, above zero
 */
public record EmulatorConfig(
        String host,
        int port,
        String region,
        Map<String, Integer> streams,
        Limits limits,
        boolean shuffle,
        Duration iteratorLifetime,
        Duration retention,
        long maxStoredBytes,
        Duration transitionDelay,
        Duration subscriptionLifetime) {

    public static final int DEFAULT_PORT = 4567;

    private static final long MIN_STORED_BYTES = 1024 * 1024;

    public EmulatorConfig {
        streams = Map.copyOf(streams);
        if (host.isBlank()) {
            throw new IllegalArgumentException("host must not be empty");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be from 0 to 65535");
        }
        if (streams.values().stream().anyMatch(shards -> shards < 1)) {
            throw new IllegalArgumentException("streams must have at least one shard each");
        }
        if (!iteratorLifetime.isPositive()) {
            throw new IllegalArgumentException("iteratorLifetime must be above zero");
        }
        if (!retention.isPositive()) {
            throw new IllegalArgumentException("retention must be above zero");
        }
        if (!subscriptionLifetime.isPositive()) {
            throw new IllegalArgumentException("subscriptionLifetime must be above zero");
        }
        if (maxStoredBytes < MIN_STORED_BYTES) {
            throw new IllegalArgumentException("maxStoredBytes must be at least " + MIN_STORED_BYTES);
        }
        if (transitionDelay.isNegative()) {
            throw new IllegalArgumentException("transitionDelay must not be negative");
        }
    }

    /** Loopback, port 4567, no streams, AWS's limits, records in the order sent, 256 MiB. */
    public static EmulatorConfig defaults() {
        return new EmulatorConfig(
                "127.0.0.1",
                DEFAULT_PORT,
                "eu-central-1",
                Map.of(),
                Limits.aws(),
                false,
                Duration.ofMinutes(5),
                Duration.ofHours(24),
                256 * 1024 * 1024,
                Duration.ZERO,
                Duration.ofMinutes(5));
    }

    public EmulatorConfig withHost(String value) {
        return new EmulatorConfig(
                value,
                port,
                region,
                streams,
                limits,
                shuffle,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withPort(int value) {
        return new EmulatorConfig(
                host,
                value,
                region,
                streams,
                limits,
                shuffle,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withRegion(String value) {
        return new EmulatorConfig(
                host,
                port,
                value,
                streams,
                limits,
                shuffle,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withStreams(Map<String, Integer> value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                value,
                limits,
                shuffle,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    /** With one stream that is created at start. */
    public EmulatorConfig withStream(String name, int shards) {
        return withStreams(Map.of(name, shards));
    }

    public EmulatorConfig withLimits(Limits value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                streams,
                value,
                shuffle,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withShuffle(boolean value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                streams,
                limits,
                value,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withIteratorLifetime(Duration value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                streams,
                limits,
                shuffle,
                value,
                retention,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withRetention(Duration value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                streams,
                limits,
                shuffle,
                iteratorLifetime,
                value,
                maxStoredBytes,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withMaxStoredBytes(long value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                streams,
                limits,
                shuffle,
                iteratorLifetime,
                retention,
                value,
                transitionDelay,
                subscriptionLifetime);
    }

    public EmulatorConfig withTransitionDelay(Duration value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                streams,
                limits,
                shuffle,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                value,
                subscriptionLifetime);
    }

    public EmulatorConfig withSubscriptionLifetime(Duration value) {
        return new EmulatorConfig(
                host,
                port,
                region,
                streams,
                limits,
                shuffle,
                iteratorLifetime,
                retention,
                maxStoredBytes,
                transitionDelay,
                value);
    }
}
