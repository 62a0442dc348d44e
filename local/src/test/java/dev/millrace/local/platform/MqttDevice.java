package dev.millrace.local.platform;

import java.util.concurrent.CompletableFuture;

/** A client of some library that connects again when it must, and sends again what has no answer. */
interface MqttDevice extends AutoCloseable {

    /** Publishes; the future completes when the library says that it is delivered. Waits where the library cannot take it now. */
    CompletableFuture<?> publish(String topic, byte[] payload, int qos) throws Exception;

    @Override
    void close();
}
