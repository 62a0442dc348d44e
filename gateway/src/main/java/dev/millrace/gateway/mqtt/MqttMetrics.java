package dev.millrace.gateway.mqtt;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** Every metric of MQTT alone, with its name and tags; what becomes of readings is counted for all doors together. Thread-safe. */
public final class MqttMetrics {

    /** What became of a publish. */
    enum Publish {
        /** The stream holds all of it that was a reading, and there was one. */
        ACCEPTED,
        /** No reading was in it, or none that the sender may report. */
        REJECTED,
        /** Of QoS 0, and there was no room. */
        DROPPED,
        /** More than its sender's address may. */
        RATE_LIMITED,
        /** The stream did not take it in time; its connection was closed without an answer. */
        GIVEN_UP
    }

    /** What became of a will whose connection broke. */
    enum WillOutcome {
        ACCEPTED,
        REJECTED,
        FAILED
    }

    /** How a CONNECT was answered. */
    enum Connect {
        ACCEPTED,
        UNAUTHORIZED,
        INVALID,
        RATE_LIMITED,
        /** There was no memory for its will. */
        NO_ROOM,
        SHUTTING_DOWN
    }

    /** Why a connection ended. */
    enum End {
        /** The client said DISCONNECT. */
        CLIENT,
        /** The network or the client broke it. */
        LOST,
        /** Its CONNECT was refused. */
        REFUSED,
        /** It sent nothing for one and a half times its keep-alive. */
        KEEP_ALIVE,
        /** It sent no CONNECT in time. */
        NO_CONNECT,
        /** A packet took too long to come. */
        SLOW_PACKET,
        /** It did not read what it was sent. */
        UNREAD,
        /** What it sent was no MQTT, or against its rules. */
        PROTOCOL,
        /** A newer connection of the same client is there. */
        TAKEN_OVER,
        /** A publish waited too long for the stream. */
        STALLED,
        /** Its key is not in force any more, or MQTT 3.1.1 had no other way to say that it may not report a sensor. */
        UNAUTHORIZED,
        /** There was no memory for what it sent. */
        NO_ROOM,
        /** The process stops. */
        DRAINED,
        /** A defect of ours. */
        DEFECT
    }

    private final MeterRegistry registry;
    private final Map<Publish, Counter[]> publishes = new EnumMap<>(Publish.class);
    private final Map<Connect, Counter> connects = new EnumMap<>(Connect.class);
    private final Map<End, Counter> ends = new EnumMap<>(End.class);
    private final Map<WillOutcome, Counter> wills = new EnumMap<>(WillOutcome.class);
    private final Counter refusedConnections;

    public MqttMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (Publish outcome : Publish.values()) {
            Counter[] byQos = new Counter[3];
            for (int qos = 0; qos < byQos.length; qos++) {
                byQos[qos] = counter(
                        "publishes",
                        "Publishes, by QoS and what became of them",
                        "qos",
                        Integer.toString(qos),
                        "outcome",
                        tag(outcome));
            }
            publishes.put(outcome, byQos);
        }
        for (Connect outcome : Connect.values()) {
            connects.put(outcome, counter("connects", "CONNECTs, by the answer", "outcome", tag(outcome)));
        }
        for (End reason : End.values()) {
            ends.put(reason, counter("disconnects", "Connections that ended, by reason", "reason", tag(reason)));
        }
        for (WillOutcome outcome : WillOutcome.values()) {
            wills.put(outcome, counter("wills", "Wills published, by what became of them", "outcome", tag(outcome)));
        }
        refusedConnections = counter("connections.refused", "Connections beyond the most that there may be");
    }

    void publish(int qos, Publish outcome) {
        Objects.requireNonNull(publishes.get(outcome))[qos].increment();
    }

    void connect(Connect outcome) {
        Objects.requireNonNull(connects.get(outcome)).increment();
    }

    void ended(End reason) {
        Objects.requireNonNull(ends.get(reason)).increment();
    }

    void will(WillOutcome outcome) {
        Objects.requireNonNull(wills.get(outcome)).increment();
    }

    void connectionRefused() {
        refusedConnections.increment();
    }

    /** Registers the open connections, those of them that are not read because a publish of theirs waits, and the publishes in flight. */
    public void connections(IntSupplier open, IntSupplier waiting, IntSupplier inFlight) {
        gauge("connections.open", "Open MQTT connections", open);
        gauge("connections.waiting", "MQTT connections that are not read while a publish waits for room", waiting);
        gauge("in.flight", "Publishes on their way to the stream", inFlight);
    }

    /** Registers the bytes held of those who have not connected. */
    public void strangersBytes(LongSupplier used) {
        Gauge.builder("millrace.gateway.mqtt.strangers.bytes", used::getAsLong)
                .description("Bytes held of MQTT connections without a CONNECT")
                .register(registry);
    }

    private void gauge(String name, String description, IntSupplier value) {
        Gauge.builder("millrace.gateway.mqtt." + name, value::getAsInt)
                .description(description)
                .register(registry);
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder("millrace.gateway.mqtt." + name)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static String tag(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
