package dev.millrace.gateway;

import dev.millrace.core.reading.Rejection;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** Every metric of the gateway, with its name and tags. */
public final class GatewayMetrics {

    /** What a request asked for. */
    public enum Route {
        INGEST,
        SENSORS,
        SENSOR,
        READINGS,
        ANOMALIES,
        PAGE,
        OTHER
    }

    private final MeterRegistry registry;
    private final Counter accepted;
    private final Counter retry;
    private final Counter bytes;
    private final Timer ack;
    private final DistributionSummary recordsPerCall;
    private final DistributionSummary readingsPerCall;
    private final Counter throttled;
    private final Counter failed;
    private final Counter retried;
    private final Counter misrouted;
    private final Counter straddled;
    private final Counter shardMapRefreshes;

    public GatewayMetrics(MeterRegistry registry) {
        this.registry = registry;
        accepted = counter("readings.accepted", "Readings that the stream holds");
        retry = counter("readings.retry", "Readings that the sender was told to send again");
        bytes = counter("request.bytes", "Bytes of request bodies read");
        ack = Timer.builder("millrace.gateway.ack")
                .description("From the receipt of a body to its acknowledgement")
                .serviceLevelObjectives(
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(25),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(registry);
        recordsPerCall = summary("put.records", "Records of a PutRecords call");
        readingsPerCall = summary("put.readings", "Readings of a PutRecords call");
        throttled = counter("put.throttled", "Records that the stream refused for its rate");
        failed = counter("put.failed", "Records whose put failed or got no answer");
        retried = counter("put.retried", "Records put again after a failure");
        straddled = counter(
                "put.straddled", "Records sent again because readers skip them: not all keys are their shard's");
        shardMapRefreshes = counter("shardmap.refreshes", "Calls for a new shard map");
        misrouted = counter("put.misrouted", "Records that came to another shard than they were made for");
    }

    /** A request was answered. */
    public void request(Route route, int status) {
        counter(
                        "requests",
                        "Requests answered, by route and status",
                        "route",
                        route.name().toLowerCase(Locale.ROOT),
                        "status",
                        Integer.toString(status))
                .increment();
    }

    /** A body was read. */
    public void body(int length) {
        bytes.increment(length);
    }

    public void accepted(int readings, Duration sinceReceipt) {
        accepted.increment(readings);
        ack.record(sinceReceipt);
    }

    public void retry(int readings) {
        retry.increment(readings);
    }

    public void rejected(Rejection.Code code) {
        counter("readings.rejected", "Readings refused, by code", "code", code.text())
                .increment();
    }

    /** A PutRecords call is made. */
    public void putRecords(int records, int readings) {
        recordsPerCall.record(records);
        readingsPerCall.record(readings);
    }

    public void throttled() {
        throttled.increment();
    }

    public void callFailed() {
        failed.increment();
    }

    /** A record is put again that was not accepted. */
    public void retried() {
        retried.increment();
    }

    /** A record came to another shard than it was made for. */
    public void misrouted() {
        misrouted.increment();
    }

    /** A record came to a shard that does not hold all its keys, as far as is known, and is sent again. */
    public void straddled() {
        straddled.increment();
    }

    /** The shard map is asked for. */
    public void shardMapRefreshed() {
        shardMapRefreshes.increment();
    }

    /** Registers how many readings all lanes together have, and the one that has most. */
    public void laneDepths(IntSupplier all, IntSupplier deepest) {
        Gauge.builder("millrace.gateway.lanes.readings", all::getAsInt)
                .description("Readings on their way, of all lanes")
                .register(registry);
        Gauge.builder("millrace.gateway.lanes.deepest", deepest::getAsInt)
                .description("Readings on their way of the lane that has most")
                .register(registry);
    }

    /** Registers the bytes of readings on their way. */
    public void bufferedBytes(LongSupplier used) {
        Gauge.builder("millrace.gateway.buffered.bytes", used::getAsLong)
                .description("Bytes of readings on their way to the stream")
                .register(registry);
    }

    /** The counter of a name and tags: made at the first call, looked up at all others. */
    private Counter counter(String name, String description, String... tags) {
        return Counter.builder("millrace.gateway." + name)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private DistributionSummary summary(String name, String description) {
        return DistributionSummary.builder("millrace.gateway." + name)
                .description(description)
                .register(registry);
    }
}
