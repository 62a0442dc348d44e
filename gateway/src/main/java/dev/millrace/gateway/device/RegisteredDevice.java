package dev.millrace.gateway.device;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A device with what the registry knows of it.
 *
 * @param keys the older first; those that have expired too
 * @param lastSeen when it was last let in, to about five minutes
 */
public record RegisteredDevice(
        Device device, List<DeviceKey> keys, Instant createdAt, Instant updatedAt, Optional<Instant> lastSeen) {
    public RegisteredDevice {
        keys = List.copyOf(keys);
    }
}
