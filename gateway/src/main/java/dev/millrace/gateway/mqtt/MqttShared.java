package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.limit.ClientLimits;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What all connections have together. Thread-safe.
 *
 * @param limits what clients may take of MQTT
 * @param clients what clients may take of all doors together
 * @param strangers the memory for what those send who have not connected
 * @param inFlight how many publishes are on their way to the stream
 * @param receipt the time that readings without a timestamp get
 * @param random for time-outs that must not fall together, and ids for clients without one
 * @param nanoTime a monotonic clock
 */
record MqttShared(
        MqttLimits limits,
        ClientLimits clients,
        BodyBudget strangers,
        Ingestor ingestor,
        Reception reception,
        Sessions sessions,
        AtomicInteger inFlight,
        Rejections rejections,
        MqttMetrics metrics,
        ReceiptClock receipt,
        RandomGenerator random,
        LongSupplier nanoTime) {}
