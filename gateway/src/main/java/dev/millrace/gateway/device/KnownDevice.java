package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authentication.Reason;
import dev.millrace.gateway.auth.Authentication.Refused;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.SensorPatterns;
import dev.millrace.gateway.limit.Rate;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a gateway needs to know of a device to judge what it shows. Immutable but for when it was seen. Thread-safe. */
final class KnownDevice {

    /** How exact the time is at which a device was seen: whoever posts a thousand times a second writes it down once. */
    private static final long SEEN_MILLIS = TimeUnit.SECONDS.toMillis(1);

    /** A key as it is compared. */
    static final class Key {
        private final byte[] sha256;
        private final Instant createdAt;
        private final Instant expiresAt;

        /**
         * A key of a hash.
         *
         * @param sha256 its 32 bytes, kept
         * @param expiresAt {@link Instant#MAX}: never
         */
        Key(byte[] sha256, Instant createdAt, Instant expiresAt) {
            this.sha256 = sha256;
            this.createdAt = createdAt;
            this.expiresAt = expiresAt;
        }
    }

    private final String id;
    private final boolean enabled;
    private final Key[] keys;
    private final @Nullable List<String> certificates;
    private final Principal principal;
    /** The answers to each key, and to certificates and keys that do not expire. */
    private final Authentication.Authenticated forever;

    private final Authentication.Authenticated[] byKey;
    private final Refused disabled;
    private final Refused expired;

    private volatile long seenAt;
    private volatile long savedAt;

    /** @param certificates as {@link Device#certificates} */
    KnownDevice(
            String id,
            List<String> sensors,
            boolean enabled,
            Optional<Rate> rate,
            Optional<List<String>> certificates,
            List<Key> keys) {
        this.id = id;
        this.enabled = enabled;
        this.keys = keys.toArray(Key[]::new);
        this.certificates = certificates.orElse(null);
        principal = new Principal(id, Role.DEVICE, SensorPatterns.of(sensors), rate);
        forever = new Authentication.Authenticated(principal);
        byKey = keys.stream()
                .map(key -> key.expiresAt.equals(Instant.MAX)
                        ? forever
                        : new Authentication.Authenticated(principal, key.expiresAt))
                .toArray(Authentication.Authenticated[]::new);
        disabled = new Refused(Reason.DISABLED, Optional.of(id));
        expired = new Refused(Reason.EXPIRED, Optional.of(id));
    }

    String id() {
        return id;
    }

    /** The answer to a key; empty where it is none of this device's. All keys are looked at, each as a whole: nothing shows how near one came. */
    Optional<Authentication> showsKey(byte[] sha256, Instant now) {
        int found = -1;
        for (int i = 0; i < keys.length; i++) {
            if (MessageDigest.isEqual(keys[i].sha256, sha256)) {
                found = i;
            }
        }
        if (found < 0) {
            return Optional.empty();
        }
        return Optional.of(
                !keys[found].expiresAt.isAfter(now) ? expired : enabled ? seen(byKey[found], now) : disabled);
    }

    /** The answer to a certificate that names this device; empty where it must show another. */
    Optional<Authentication> showsCertificate(Credentials.Certificate certificate, Instant now) {
        if (certificates != null && !certificates.contains(certificate.sha256())) {
            return Optional.empty();
        }
        if (now.isBefore(certificate.notBefore()) || now.isAfter(certificate.notAfter())) {
            return Optional.of(expired);
        }
        return Optional.of(
                enabled ? seen(new Authentication.Authenticated(principal, certificate.notAfter()), now) : disabled);
    }

    private Authentication seen(Authentication.Authenticated answer, Instant now) {
        long millis = now.toEpochMilli();
        if (millis - seenAt >= SEEN_MILLIS) {
            seenAt = millis;
        }
        return answer;
    }

    /** Goes on from what was known of the device before. */
    void follows(KnownDevice before) {
        seenAt = before.seenAt;
        savedAt = before.savedAt;
    }

    /**
     * When it was last let in, in milliseconds since 1970, where what is written down of it is older by more than {@code tolerance}; else
     * 0.
     */
    long unsavedSeen(long tolerance) {
        long seen = seenAt;
        return seen - savedAt > tolerance ? seen : 0;
    }

    /** That it was let in then is written down. */
    void saved(long seen) {
        savedAt = seen;
    }

    /** When the oldest of its keys that is in force was made; {@link Instant#MAX} where it has none. */
    Instant oldestKey(Instant now) {
        Instant oldest = Instant.MAX;
        for (Key key : keys) {
            if (key.expiresAt.isAfter(now) && key.createdAt.isBefore(oldest)) {
                oldest = key.createdAt;
            }
        }
        return oldest;
    }
}
