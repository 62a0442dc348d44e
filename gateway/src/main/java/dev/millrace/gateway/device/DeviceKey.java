package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.ApiKey;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A key of a device, without what opens anything: only the hash of it is kept ({@link ApiKey}).
 *
 * @param id what it is called where it is to be taken away
 * @param expiresAt from when on it is refused; empty: never
 */
public record DeviceKey(UUID id, Instant createdAt, Optional<Instant> expiresAt) {

    /** The most keys of a device that are valid at a time: the one in use and the one that follows it. */
    public static final int MAX_VALID = 2;
}
