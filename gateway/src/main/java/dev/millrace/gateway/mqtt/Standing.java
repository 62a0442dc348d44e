package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Who a connection's client is, and when it must be asked again: its credentials may mean something else by then. Of one connection. */
final class Standing {

    /** How often whoever keeps the devices hears of one that goes on publishing. */
    private static final Duration SEEN_INTERVAL = Duration.ofMinutes(1);

    private static final Principal NOBODY = new Principal("nobody", Role.DEVICE, _ -> false);

    private final MqttShared shared;
    private Principal principal = NOBODY;
    private long revision;
    /** In microseconds since 1970. */
    private long until = Long.MAX_VALUE;

    private long askedAt;
    private boolean active;

    Standing(MqttShared shared) {
        this.shared = shared;
    }

    Principal principal() {
        return principal;
    }

    /** It is about to be asked who it is: what changes from now on is not in the answer for sure. */
    void isAsked() {
        revision = shared.reception().revision();
        askedAt = shared.nanoTime().getAsLong();
        active = false;
    }

    /** The answer. */
    void become(Reception.Verdict.Welcome welcome) {
        principal = welcome.principal();
        until = welcome.until().equals(Instant.MAX)
                ? Long.MAX_VALUE
                : ChronoUnit.MICROS.between(Instant.EPOCH, welcome.until());
    }

    /** It has sent something. */
    void isHeard() {
        active = true;
    }

    /** Whether somebody has changed what credentials mean. */
    boolean mayHaveChanged() {
        return revision != shared.reception().revision();
    }

    /** Whether it is to be asked again. */
    boolean isDue(long now) {
        return mayHaveChanged()
                || shared.receipt().now() >= until
                || (active && now - askedAt > SEEN_INTERVAL.toNanos());
    }
}
