package dev.millrace.gateway.mqtt;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of this process, connected or not: the newer of two connections of one client wins, and a client that comes back
 * finds what its session kept. In memory alone: what a session keeps is no more than the identifiers of publishes that are in the
 * stream already, and a reading that comes again counts once.
 *
 * <p>Bounded: beyond {@link #MAX_KEPT} sessions without a connection the one that has been without longest is forgotten.
 * Thread-safe.
 */
final class Sessions {

    static final int MAX_KEPT = 20_000;

    /** A session with more identifiers is not kept: nobody who takes part in the game has so many. */
    private static final int MAX_KEPT_IDS = 1_000;

    /** Whose session; a client id means nothing to those who have another key. */
    record Key(String principal, String clientId) {}

    /** A connection that has a session. Called on any thread. */
    interface Owner {

        /** A newer connection of the same client is there: close, and release the session. */
        void takeOver();
    }

    /**
     * A session that a connection has.
     *
     * @param present whether there was one before
     */
    record Session(Key key, boolean present, Qos2Ids ids, Promise<Optional<Qos2Ids>> released) {}

    private record Connected(Owner owner, boolean cleanStart, Promise<Optional<Qos2Ids>> released) {}

    private record Kept(Qos2Ids ids, long expiresAt, Optional<DelayedWill> will) {}

    /**
     * A will that is to be published when the client does not come back in time.
     *
     * @param dueAt nanoseconds of the sessions' clock
     */
    record DelayedWill(long dueAt, Runnable publish) {}

    private final LongSupplier nanoTime;
    private final Map<Key, Connected> connected = new HashMap<>();
    private final LinkedHashMap<Key, Kept> kept = new LinkedHashMap<>();

    /** None yet. */
    Sessions(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * The session of a client, for a new connection of it. It is there at once, or when the connection that has it has released
     * it; it completes on any thread.
     *
     * @param cleanStart whether what was kept is to be forgotten
     */
    Future<Session> claim(Key key, boolean cleanStart, Owner owner) {
        Promise<Optional<Qos2Ids>> released = Promise.promise();
        Connected before;
        Kept found;
        synchronized (this) {
            before = connected.put(key, new Connected(owner, cleanStart, released));
            found = kept.remove(key);
        }
        if (before != null) {
            before.owner.takeOver();
            return before.released.future().map(ids -> session(key, cleanStart ? Optional.empty() : ids, released));
        }
        return Future.succeededFuture(session(key, resumed(found, cleanStart), released));
    }

    private Optional<Qos2Ids> resumed(@Nullable Kept found, boolean cleanStart) {
        if (found == null) {
            return Optional.empty();
        }
        boolean resumed = !cleanStart && found.expiresAt - nanoTime.getAsLong() > 0;
        if (!resumed) {
            // the session has ended, and with it the waiting (MQTT 5, 3.1.3.2.2)
            found.will.ifPresent(will -> will.publish.run());
        }
        return resumed ? Optional.of(found.ids) : Optional.empty();
    }

    private static Session session(Key key, Optional<Qos2Ids> before, Promise<Optional<Qos2Ids>> released) {
        return new Session(key, before.isPresent(), before.orElseGet(Qos2Ids::new), released);
    }

    /**
     * The connection of a session has ended.
     *
     * @param expirySeconds how long the session is kept, 0: not at all
     * @param will published when the session ends or its time has come, unless the client comes back before
     */
    void release(Session session, long expirySeconds, Optional<DelayedWill> will) {
        session.ids.connectionEnded();
        boolean keep = expirySeconds > 0 && session.ids.receivedCount() <= MAX_KEPT_IDS;
        boolean newer;
        boolean forgottenByNewer;
        Optional<Kept> forgotten = Optional.empty();
        synchronized (this) {
            Connected now = connected.get(session.key);
            newer = now == null || now.released != session.released;
            forgottenByNewer = newer && now != null && now.cleanStart;
            if (!newer) {
                connected.remove(session.key);
                if (keep) {
                    long expiresAt = nanoTime.getAsLong() + TimeUnit.SECONDS.toNanos(expirySeconds);
                    kept.put(session.key, new Kept(session.ids, expiresAt, will));
                    forgotten = forgetEldest();
                }
            }
        }
        if (!keep || forgottenByNewer) {
            // the session has ended, and with it the waiting
            will.ifPresent(due -> due.publish.run());
        }
        forgotten.flatMap(Kept::will).ifPresent(due -> due.publish.run());
        // one with a newer connection goes on there, and so nobody misses the client
        session.released.tryComplete(keep ? Optional.of(session.ids) : Optional.empty());
    }

    private Optional<Kept> forgetEldest() {
        if (kept.size() <= MAX_KEPT) {
            return Optional.empty();
        }
        Iterator<Kept> eldest = kept.values().iterator();
        Kept forgotten = eldest.next();
        eldest.remove();
        return Optional.of(forgotten);
    }

    /** Publishes wills whose time has come, and forgets sessions whose time is over. To be called about once a second. */
    void look() {
        long now = nanoTime.getAsLong();
        Map<Key, Kept> due = new HashMap<>();
        synchronized (this) {
            for (Iterator<Map.Entry<Key, Kept>> all = kept.entrySet().iterator(); all.hasNext(); ) {
                Map.Entry<Key, Kept> entry = all.next();
                Kept session = entry.getValue();
                boolean expired = session.expiresAt - now <= 0;
                boolean willDue = session.will.isPresent() && session.will.get().dueAt - now <= 0;
                if (expired) {
                    all.remove();
                } else if (willDue) {
                    entry.setValue(new Kept(session.ids, session.expiresAt, Optional.empty()));
                }
                if (expired || willDue) {
                    due.put(entry.getKey(), session);
                }
            }
        }
        due.values().forEach(session -> session.will.ifPresent(will -> will.publish.run()));
    }
}
