package dev.millrace.gateway;

import dev.millrace.gateway.auth.AuthFailure;
import dev.millrace.gateway.auth.KeyFile;
import dev.millrace.gateway.ingest.ItemRefusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Every metric of the gateway, with its name and tags; docs/operations.md has them as a table. What happens with each request
 * or reading is counted without a look into the registry. Thread-safe.
 */
public final class GatewayMetrics {

    /** What a request asked for. */
    public enum Route {
        INGEST,
        SENSORS,
        SENSOR,
        READINGS,
        ANOMALIES,
        ANOMALY_ACK,
        DEVICES,
        DEVICE_REGISTRATION,
        DEVICE,
        DEVICE_CHANGE,
        DEVICE_REMOVAL,
        DEVICE_KEY,
        DEVICE_KEY_REMOVAL,
        PAGE,
        CONTRACT,
        OTHER
    }

    /** The statuses of the contract. */
    public enum Status {
        OK(200),
        CREATED(201),
        ACCEPTED(202),
        NO_CONTENT(204),
        MALFORMED(400),
        UNAUTHENTICATED(401),
        FORBIDDEN(403),
        NOT_FOUND(404),
        METHOD_NOT_ALLOWED(405),
        CONFLICT(409),
        TOO_LARGE(413),
        UNSUPPORTED_MEDIA_TYPE(415),
        INVALID(422),
        RATE_LIMITED(429),
        INTERNAL(500),
        UNAVAILABLE(503);

        private static final @Nullable Status[] BY_NUMBER = new @Nullable Status[600];

        static {
            for (Status status : values()) {
                BY_NUMBER[status.number] = status;
            }
        }

        private final int number;

        Status(int number) {
            this.number = number;
        }

        /**
         * The status of a number.
         *
         * @throws IllegalArgumentException if the contract has none
         */
        static Status of(int number) {
            Status status = number < 0 || number >= BY_NUMBER.length ? null : BY_NUMBER[number];
            if (status == null) {
                throw new IllegalArgumentException("no status of the contract: " + number);
            }
            return status;
        }
    }

    /** Why a connection was cut off. */
    public enum Cut {
        /** No complete head of a request came. */
        IDLE,
        /** A request's body came too slowly. */
        SLOW_REQUEST,
        /** An answer was not read. */
        UNREAD_ANSWER,
        /** Far too much came of a body that was not wanted any more. */
        UNWANTED_BODY
    }

    /** Why a TLS handshake came to nothing. */
    public enum Handshake {
        /** No TLS that both sides speak, or against its rules. */
        FAILED,
        /** The client's certificate is not valid now, or of no authority that is believed. */
        CERTIFICATE,
        /** What came was no TLS at all. */
        NOT_TLS,
        /** It did not come to an end in time, or no HTTP followed it. */
        TOO_SLOW,
        /** The client or the network broke the connection. */
        LOST
    }

    private static final Duration[] ACK_BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry registry;
    private final Map<Route, Map<Status, RequestCounter>> requests = new EnumMap<>(Route.class);
    private final Map<ItemRefusal.Code, Counter> rejected = new EnumMap<>(ItemRefusal.Code.class);
    private final Map<Cut, Counter> cut = new EnumMap<>(Cut.class);
    private final Map<Handshake, Counter> handshakes = new EnumMap<>(Handshake.class);
    private final Map<AuthFailure, Counter> turnedAway = new EnumMap<>(AuthFailure.class);
    private final Counter accepted;
    private final Counter retry;
    private final Counter bytes;
    private final Counter sentBytes;
    private final Counter refusedConnections;
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
        for (ItemRefusal.Code code : ItemRefusal.Code.values()) {
            rejected.put(code, counter("readings.rejected", "Readings refused, by code", "code", code.text()));
        }
        for (Route route : Route.values()) {
            Map<Status, RequestCounter> counters = new EnumMap<>(Status.class);
            for (Status status : Status.values()) {
                counters.put(status, new RequestCounter(route, status));
            }
            requests.put(route, counters);
        }
        bytes = counter("request.bytes", "Bytes of request bodies read, decoded");
        sentBytes = counter("request.sent.bytes", "Bytes of request bodies read, as they were sent");
        refusedConnections = counter("connections.refused", "Connections beyond the most that there may be");
        for (Cut reason : Cut.values()) {
            cut.put(reason, counter("connections.cut", "Connections cut off, by reason", "reason", tag(reason)));
        }
        for (Handshake reason : Handshake.values()) {
            handshakes.put(
                    reason,
                    counter("tls.handshakes.failed", "TLS handshakes that came to nothing", "reason", tag(reason)));
        }
        for (AuthFailure reason : AuthFailure.values()) {
            turnedAway.put(
                    reason,
                    counter("auth.failures", "Requests turned away at the door, by reason", "reason", reason.tag()));
        }
        ack = Timer.builder("millrace.gateway.ack")
                .description("From the receipt of a body to its acknowledgement")
                .serviceLevelObjectives(ACK_BUCKETS)
                .register(registry);
        recordsPerCall = summary("put.records", "Records of a PutRecords call", 1, 2, 5, 10, 50, 100, 500);
        readingsPerCall = summary("put.readings", "Readings of a PutRecords call", 1, 10, 100, 1_000, 10_000, 100_000);
        throttled = counter("put.throttled", "Records that the stream refused for its rate");
        failed = counter("put.failed", "Records whose put failed or got no answer");
        retried = counter("put.retried", "Records put again after a failure");
        straddled = counter(
                "put.straddled", "Records sent again because readers skip them: not all keys are their shard's");
        shardMapRefreshes = counter("shardmap.refreshes", "Calls for a new shard map");
        misrouted = counter("put.misrouted", "Records that came to another shard than they were made for");
    }

    /**
     * A request was answered.
     *
     * @throws IllegalArgumentException if the contract has no such status
     */
    public void request(Route route, int status) {
        of(of(requests, route), Status.of(status)).increment();
    }

    /** A body was read, whole or up to where it was refused or broke off; its bytes as sent, and once decoded. */
    public void body(long sent, long decoded) {
        sentBytes.increment((double) sent);
        bytes.increment((double) decoded);
    }

    public void accepted(int readings, Duration sinceReceipt) {
        accepted.increment(readings);
        ack.record(sinceReceipt);
    }

    public void retry(int readings) {
        retry.increment(readings);
    }

    public void rejected(ItemRefusal.Code code) {
        of(rejected, code).increment();
    }

    /** A connection was closed because there were too many. */
    public void connectionRefused() {
        refusedConnections.increment();
    }

    /** A connection was cut off. */
    public void cut(Cut reason) {
        of(cut, reason).increment();
    }

    /** A TLS handshake came to nothing. */
    public void handshakeFailed(Handshake reason) {
        of(handshakes, reason).increment();
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

    /** Registers the bytes of bodies that are being read. */
    public void bodyBytes(LongSupplier used) {
        Gauge.builder("millrace.gateway.body.bytes", used::getAsLong)
                .description("Bytes held of request bodies being read")
                .register(registry);
    }

    /** A request was turned away for want of credentials or of a role. */
    public void turnedAway(AuthFailure reason) {
        of(turnedAway, reason).increment();
    }

    /** The key file had changed. */
    public void keysReloaded(KeyFile.Reload outcome) {
        counter(
                        "keys.reloads",
                        "Changes of the key file, by what came of them",
                        "outcome",
                        outcome.name().toLowerCase(Locale.ROOT))
                .increment();
    }

    /** Registers how many keys are in force, and whether they are older than a file that is refused. */
    public void keys(IntSupplier inForce, BooleanSupplier stale) {
        Gauge.builder("millrace.gateway.keys", inForce::getAsInt)
                .description("Keys in force")
                .register(registry);
        Gauge.builder("millrace.gateway.keys.stale", () -> stale.getAsBoolean() ? 1 : 0)
                .description("1 while the key file is refused and the keys from before it stay in force")
                .register(registry);
    }

    /** Registers how many devices are known, for how long changes of them may have been missed, and how old the oldest key is. */
    public void devices(IntSupplier known, Supplier<Duration> age, Supplier<Duration> oldestKey) {
        Gauge.builder("millrace.gateway.devices", known::getAsInt)
                .description("Devices that are known")
                .register(registry);
        Gauge.builder("millrace.gateway.devices.age", () -> seconds(age.get()))
                .baseUnit("seconds")
                .description("For how long changes of devices may have been missed; 0: none were")
                .register(registry);
        Gauge.builder("millrace.gateway.device.keys.oldest", () -> seconds(oldestKey.get()))
                .baseUnit("seconds")
                .description("Age of the oldest key of a device that is in force")
                .register(registry);
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1_000.0;
    }

    /** The TLS files had changed. */
    public void certificateReloaded(KeyFile.Reload outcome) {
        counter("tls.reloads", "Changes of the TLS files, by what came of them", "outcome", tag(outcome))
                .increment();
    }

    /** Registers how long the certificate in force is still valid, and whether it is older than files that are refused. */
    public void certificate(LongSupplier secondsLeft, BooleanSupplier stale) {
        Gauge.builder("millrace.gateway.tls.certificate.remaining.seconds", secondsLeft::getAsLong)
                .description("Seconds until the end of the certificate's validity; negative after it")
                .register(registry);
        Gauge.builder("millrace.gateway.tls.stale", () -> stale.getAsBoolean() ? 1 : 0)
                .description("1 while the TLS files are refused and those from before stay in force")
                .register(registry);
    }

    /** Registers the open HTTP connections. */
    public void openConnections(IntSupplier open) {
        Gauge.builder("millrace.gateway.connections.open", open::getAsInt)
                .description("Open HTTP connections")
                .register(registry);
    }

    /** One route's answers of one status; made when the first one is given, since most pairs never occur. */
    private final class RequestCounter {
        private final Route route;
        private final Status status;
        private @Nullable Counter counter;

        RequestCounter(Route route, Status status) {
            this.route = route;
            this.status = status;
        }

        void increment() {
            // not volatile: a thread that sees none makes it again, and the registry answers the same one
            Counter made = counter;
            if (made == null) {
                made = counter(
                        "requests",
                        "Requests answered, by route and status",
                        "route",
                        tag(route),
                        "status",
                        Integer.toString(status.number));
                counter = made;
            }
            made.increment();
        }
    }

    /** A map that has each constant of its enum. */
    private static <K extends Enum<K>, V> V of(Map<K, V> map, K key) {
        return Objects.requireNonNull(map.get(key));
    }

    private static String tag(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The counter of a name and tags: made at the first call, looked up at all others. */
    private Counter counter(String name, String description, String... tags) {
        return Counter.builder("millrace.gateway." + name)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private DistributionSummary summary(String name, String description, double... buckets) {
        return DistributionSummary.builder("millrace.gateway." + name)
                .description(description)
                .serviceLevelObjectives(buckets)
                .register(registry);
    }
}
