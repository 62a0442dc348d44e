package dev.millrace.gateway.device;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authentication.Reason;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Knows every device of the registry, and judges by that what devices show: no request waits for PostgreSQL, and a million requests
 * of somebody who is no device ask it nothing. Some 700 bytes a device. It is kept up to date from outside; while that fails, it goes
 * on for a stated time with what it knows, lets in whom it knows, and of all others says that it cannot tell. Thread-safe.
 *
 * <pre>
 *   unread ── everything read ──▶ current ── notices lost ──▶ ageing ── too old ──▶ too old
 *                                    ▲──────── everything read again ──┴──────────────┘
 * </pre>
 */
public final class DeviceDirectory implements Authenticator {

    private static final Authentication MISSING = new Authentication.Refused(Reason.MISSING);
    private static final Authentication MALFORMED = new Authentication.Refused(Reason.MALFORMED);
    private static final Authentication UNKNOWN_KEY = new Authentication.Refused(Reason.UNKNOWN_KEY);

    /** No time of the clock: everything is known to be as the registry has it. */
    private static final long CURRENT = Long.MIN_VALUE;

    private final ConcurrentHashMap<String, KnownDevice> devices = new ConcurrentHashMap<>();
    private final AtomicLong revision = new AtomicLong();
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final long patience;
    private volatile boolean read;
    /** Since when changes may have been missed, by the monotonic clock, or {@link #CURRENT}. */
    private volatile long since;

    /**
     * A directory that knows nobody yet.
     *
     * @param patience how long it goes on with what it knows
     * @param nanoTime a monotonic clock
     */
    public DeviceDirectory(Duration patience, InstantSource clock, LongSupplier nanoTime) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.patience = patience.toNanos();
    }

    @Override
    public Authentication authenticate(Credentials credentials) {
        return switch (credentials) {
            case Credentials.None _ -> MISSING;
            case Credentials.Malformed _ -> MALFORMED;
            case Credentials.Bearer(String token) -> byKey(token);
            case Credentials.Certificate certificate -> byCertificate(certificate);
        };
    }

    private Authentication byKey(String token) {
        Optional<String> id = DeviceKeyText.claimedId(token);
        if (id.isEmpty()) {
            return UNKNOWN_KEY;
        }
        if (isTooOld()) {
            return new Authentication.Refused(Reason.REGISTRY_AWAY, id);
        }
        KnownDevice device = devices.get(id.get());
        return Optional.ofNullable(device)
                .flatMap(known -> known.showsKey(ApiKey.sha256(token), clock.instant()))
                .orElseGet(() -> stranger(id.get(), Reason.UNKNOWN_KEY));
    }

    private Authentication byCertificate(Credentials.Certificate certificate) {
        String id = certificate.deviceId();
        if (!Device.isId(id)) {
            return new Authentication.Refused(Reason.UNKNOWN_CERTIFICATE);
        }
        if (isTooOld()) {
            return new Authentication.Refused(Reason.REGISTRY_AWAY, Optional.of(id));
        }
        KnownDevice device = devices.get(id);
        return Optional.ofNullable(device)
                .flatMap(known -> known.showsCertificate(certificate, clock.instant()))
                .orElseGet(() -> stranger(id, Reason.UNKNOWN_CERTIFICATE));
    }

    /** Somebody who may have become a device, or had another key, since the notices were lost. */
    private Authentication stranger(String id, Reason reason) {
        return new Authentication.Refused(since == CURRENT ? reason : Reason.REGISTRY_AWAY, Optional.of(id));
    }

    private boolean isTooOld() {
        long lost = since;
        return !read || (lost != CURRENT && nanoTime.getAsLong() - lost > patience);
    }

    @Override
    public long revision() {
        long count = revision.get();
        // that it has become too old, or is so no more, is told by no change of a device
        return isTooOld() ? ~count : count;
    }

    /** The registry has these devices as they are here. */
    void put(List<KnownDevice> changed) {
        for (KnownDevice device : changed) {
            devices.merge(device.id(), device, (before, after) -> {
                after.follows(before);
                return after;
            });
        }
        revision.incrementAndGet();
    }

    /** The registry does not have this device. */
    void remove(String id) {
        if (devices.remove(id) != null) {
            revision.incrementAndGet();
        }
    }

    /** Everything was read: the registry has no other devices than these, and whatever changes from now on will be told. */
    void isCurrent(Set<String> all) {
        if (devices.keySet().retainAll(all)) {
            revision.incrementAndGet();
        }
        since = CURRENT;
        read = true;
    }

    /** From now on changes may be missed. */
    void isAgeing() {
        if (since == CURRENT) {
            // at the one time that stands for none it would never age
            since = Math.max(nanoTime.getAsLong(), CURRENT + 1);
        }
    }

    /** How many devices it knows. */
    public int size() {
        return devices.size();
    }

    /** Whether everything has been read once. */
    public boolean isRead() {
        return read;
    }

    /** For how long changes may have been missed; zero: none were. */
    public Duration age() {
        long lost = since;
        return lost == CURRENT ? Duration.ZERO : Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - lost));
    }

    /** How long the oldest key that is in force has been so; zero where there is none. Looks at every device. */
    public Duration oldestKeyAge() {
        Instant now = clock.instant();
        Instant oldest = now;
        for (KnownDevice device : devices.values()) {
            Instant itsOldest = device.oldestKey(now);
            if (itsOldest.isBefore(oldest)) {
                oldest = itsOldest;
            }
        }
        return Duration.between(oldest, now);
    }

    /** Some of the devices that were let in by more than a tolerance later than is written down. */
    List<KnownDevice> unsaved(int most, long toleranceMillis) {
        List<KnownDevice> unsaved = new ArrayList<>();
        for (KnownDevice device : devices.values()) {
            if (device.unsavedSeen(toleranceMillis) != 0) {
                unsaved.add(device);
                if (unsaved.size() == most) {
                    break;
                }
            }
        }
        return unsaved;
    }
}
