package dev.millrace.core.ops;

import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Something outside that several parts of the process use. An outage is a line in the log at its beginning and one at its
 * end, however many parts fail and however often they try; where one follows upon the other, as when every third call fails,
 * only those that last are told, and how many there were. Thread-safe.
 */
public final class Availability {

    private static final Logger LOG = LoggerFactory.getLogger(Availability.class);

    /** The least time between the beginnings of two outages that are told. */
    private static final long QUIET_MILLIS = 10_000;

    /** Between lines about what has never been there. */
    private static final long STILL_WAITING_MILLIS = 60_000;

    /** What its absence means for the process. */
    public enum Kind {
        /** The process is not ready without it. */
        ESSENTIAL,
        /** The process is ready once it was there, and stays so: what it does meanwhile is worth doing. */
        NEEDED_AT_START,
        /** The process is ready without it; its component says how it stands. */
        OPTIONAL
    }

    private final String name;
    private final Kind kind;
    private final Health.Component component;
    private final InstantSource clock;
    private final SequencedMap<String, String> failing = new LinkedHashMap<>();
    private boolean everWorked;
    private long awaySince;

    /** Whether the log has the beginning of this outage. */
    private boolean told;

    private long quietUntil = Long.MIN_VALUE;
    private int untold;

    /** @param name as people write it, such as PostgreSQL */
    public Availability(String name, Kind kind, Health.Component component, InstantSource clock) {
        this.name = name;
        this.kind = kind;
        this.component = component;
        this.clock = clock;
        if (kind == Kind.OPTIONAL) {
            component.up("not there yet");
        }
    }

    /** A part could not use it; it will try again. */
    public synchronized void failed(String part, String reason) {
        long now = clock.millis();
        if (failing.isEmpty()) {
            awaySince = now;
            untold++;
        }
        if ((!told || !everWorked) && now >= quietUntil) {
            log(reason);
            told = true;
            quietUntil = now + (everWorked || untold > 0 ? QUIET_MILLIS : STILL_WAITING_MILLIS);
            untold = 0;
        }
        failing.putLast(part, reason);
        tell();
    }

    private void log(String reason) {
        if (!everWorked) {
            // others may still be starting, too; what lasts is somebody's to mend
            boolean lasts = clock.millis() - awaySince >= QUIET_MILLIS;
            LOG.atLevel(lasts ? Level.WARN : Level.INFO).log("Waiting for {}: {}", name, reason);
        } else if (untold > 1) {
            LOG.warn("{} is away: {}; trying on ({} times since the last line)", name, reason, untold);
        } else {
            LOG.warn("{} is away: {}; trying on", name, reason);
        }
    }

    /** A part used it. That others cannot does not undo that it was there. */
    public synchronized void worked(String part) {
        boolean first = !everWorked;
        everWorked = true;
        if (first) {
            quietUntil = Math.min(quietUntil, clock.millis() + QUIET_MILLIS);
        }
        boolean recovered = failing.remove(part) != null;
        if (recovered && failing.isEmpty() && told) {
            told = false;
            LOG.info(
                    "{} is back after {} s",
                    name,
                    Duration.ofMillis(clock.millis() - awaySince).toSeconds());
        }
        if (first || recovered) {
            tell();
        }
    }

    /** A part does not use it any more. */
    public synchronized void forget(String part) {
        if (failing.remove(part) != null && everWorked) {
            told &= !failing.isEmpty();
            tell();
        }
    }

    private void tell() {
        if (failing.isEmpty()) {
            component.up("connected");
        } else if (kind == Kind.OPTIONAL || (kind == Kind.NEEDED_AT_START && everWorked)) {
            component.up("away: " + failing.lastEntry().getValue());
        } else {
            component.down(failing.lastEntry().getValue());
        }
    }
}
