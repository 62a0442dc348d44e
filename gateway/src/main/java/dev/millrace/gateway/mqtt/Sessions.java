package dev.millrace.gateway.mqtt;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
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
 * <p>Bounded: of sessions without a connection {@link #MAX_KEPT_OF_ONE} of one key are kept and {@link #MAX_KEPT} of all. Beyond
 * that the one is forgotten that has been without longest, of the same key, or of the key that has most. Thread-safe.
 */
final class Sessions {

    static final int MAX_KEPT = 20_000;

    static final int MAX_KEPT_OF_ONE = 10_000;

    /** A session with more identifiers is not kept: a client that goes by the rules has far fewer. */
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

    /** A will whose connection broke. */
    interface Will {

        void publish();

        /** It is not to be published. */
        void discard();
    }

    /**
     * A will that is to be published when the client does not come back in time.
     *
     * @param dueAt nanoseconds of the sessions' clock
     */
    record DelayedWill(long dueAt, Will will) {}

    private final LongSupplier nanoTime;
    private final Map<Key, Connected> connected = new HashMap<>();
    /** By key, then by client id, who has been without a connection longest first. */
    private final Map<String, LinkedHashMap<String, Kept>> kept = new HashMap<>();

    private int keptCount;

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
            found = forget(key);
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
        // where the session has ended, so has the waiting (MQTT 5, 3.1.3.2.2)
        found.will.ifPresent(delayed -> {
            if (resumed) {
                delayed.will.discard();
            } else {
                delayed.will.publish();
            }
        });
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
        boolean keep = expirySeconds > 0 && session.ids.keptCount() <= MAX_KEPT_IDS;
        Optional<Connected> newer;
        Optional<Kept> forgotten = Optional.empty();
        synchronized (this) {
            Connected now = connected.get(session.key);
            newer = now == null || now.released == session.released ? Optional.empty() : Optional.of(now);
            if (newer.isEmpty()) {
                connected.remove(session.key);
                if (keep) {
                    long expiresAt = nanoTime.getAsLong() + TimeUnit.SECONDS.toNanos(expirySeconds);
                    keep(session.key, new Kept(session.ids, expiresAt, will));
                    forgotten = forgetOneTooMany(session.key.principal);
                }
            }
        }
        if (!keep || newer.map(Connected::cleanStart).orElse(false)) {
            // the session has ended, and with it the waiting
            will.ifPresent(delayed -> delayed.will.publish());
        } else if (newer.isPresent()) {
            // nobody misses the client
            will.ifPresent(delayed -> delayed.will.discard());
        }
        forgotten.flatMap(Kept::will).ifPresent(delayed -> delayed.will.publish());
        session.released.tryComplete(keep ? Optional.of(session.ids) : Optional.empty());
    }

    private void keep(Key key, Kept session) {
        kept.computeIfAbsent(key.principal, _ -> new LinkedHashMap<>()).put(key.clientId, session);
        keptCount++;
    }

    private @Nullable Kept forget(Key key) {
        Map<String, Kept> ofOne = kept.get(key.principal);
        Kept found = ofOne == null ? null : ofOne.remove(key.clientId);
        if (ofOne != null && found != null) {
            keptCount--;
            if (ofOne.isEmpty()) {
                kept.remove(key.principal);
            }
        }
        return found;
    }

    private Optional<Kept> forgetOneTooMany(String principal) {
        Map<String, Kept> own = kept.getOrDefault(principal, new LinkedHashMap<>());
        if (own.size() > MAX_KEPT_OF_ONE) {
            return forgetEldest(principal, own);
        }
        if (keptCount <= MAX_KEPT) {
            return Optional.empty();
        }
        return kept.entrySet().stream()
                .max(Comparator.comparingInt(entry -> entry.getValue().size()))
                .flatMap(most -> forgetEldest(most.getKey(), most.getValue()));
    }

    private Optional<Kept> forgetEldest(String principal, Map<String, Kept> sessions) {
        String eldest = sessions.keySet().iterator().next();
        return Optional.ofNullable(forget(new Key(principal, eldest)));
    }

    /** Publishes wills whose time has come, and forgets sessions whose time is over. To be called about once a second. */
    void look() {
        long now = nanoTime.getAsLong();
        List<Will> due = new ArrayList<>();
        synchronized (this) {
            List<Key> expired = new ArrayList<>();
            kept.forEach((principal, sessions) -> sessions.replaceAll((clientId, session) -> {
                boolean over = session.expiresAt - now <= 0;
                if (over) {
                    expired.add(new Key(principal, clientId));
                }
                Optional<DelayedWill> will = session.will.filter(delayed -> over || delayed.dueAt - now <= 0);
                will.ifPresent(delayed -> due.add(delayed.will));
                return will.isPresent() ? new Kept(session.ids, session.expiresAt, Optional.empty()) : session;
            }));
            expired.forEach(this::forget);
        }
        due.forEach(Will::publish);
    }
}
