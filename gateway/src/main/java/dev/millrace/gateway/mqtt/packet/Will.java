package dev.millrace.gateway.mqtt.packet;

import dev.millrace.core.reading.BodyFormat;
import java.util.Optional;

/**
 * What a client wants published when its connection breaks.
 *
 * @param format the format of the payload, where the client says it
 * @param payload never changed
 * @param delaySeconds how long to wait for the client to come back, 0 to 2^32 − 1
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Will(String topic, Optional<BodyFormat> format, byte[] payload, long delaySeconds) {}
