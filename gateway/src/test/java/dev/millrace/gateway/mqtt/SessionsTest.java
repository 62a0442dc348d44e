package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.mqtt.Sessions.DelayedWill;
import dev.millrace.gateway.mqtt.Sessions.Session;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SessionsTest {

    private static final Sessions.Key KEY = new Sessions.Key("press-line", "press-4");
    private static final Sessions.Owner NOBODY = () -> {};

    private final AtomicLong now = new AtomicLong();
    private final Sessions sessions = new Sessions(now::get);
    private final List<String> wills = new ArrayList<>();

    @Test
    void keepsTheIdentifiersThatGotTheirAnswer() {
        Session first = claim(false);
        first.ids().begin(1);
        first.ids().answered(1, false);
        first.ids().begin(2);
        sessions.release(first, 60, Optional.empty());

        Session second = claim(false);
        assertTrue(second.present());
        assertTrue(second.ids().isReceived(1));
        assertFalse(second.ids().isOnItsWay(2), "what had no answer comes again");
    }

    @Test
    void forgetsWhenTheSessionExpiresOrTheClientStartsClean() {
        sessions.release(claim(false), 60, Optional.empty());
        assertFalse(claim(true).present());

        Sessions expiring = new Sessions(now::get);
        expiring.release(expiring.claim(KEY, false, NOBODY).result(), 60, Optional.empty());
        now.addAndGet(TimeUnit.SECONDS.toNanos(60));
        assertFalse(expiring.claim(KEY, false, NOBODY).result().present());
    }

    @Test
    void keepsNothingWithoutAnExpiry() {
        sessions.release(claim(false), 0, Optional.empty());
        assertFalse(claim(false).present());
    }

    @Test
    void tellsTheOlderConnectionAndWaitsForIt() {
        List<String> told = new ArrayList<>();
        Session older = sessions.claim(KEY, false, () -> told.add("older")).result();
        older.ids().begin(9);
        older.ids().answered(9, false);

        Future<Session> newer = sessions.claim(KEY, false, NOBODY);
        assertEquals(List.of("older"), told);
        assertFalse(newer.isComplete());

        sessions.release(older, 60, Optional.empty());
        assertTrue(newer.result().present());
        assertTrue(newer.result().ids().isReceived(9));
    }

    @Test
    void aClientIdOfAnotherKeyIsAnotherClient() {
        List<String> told = new ArrayList<>();
        sessions.claim(KEY, false, () -> told.add("told"));
        Future<Session> other = sessions.claim(new Sessions.Key("other", KEY.clientId()), false, NOBODY);
        assertFalse(other.result().present());
        assertEquals(List.of(), told);
    }

    @Test
    void publishesADelayedWillWhenItsTimeHasCome() {
        sessions.release(claim(false), 60, will(10));
        now.addAndGet(TimeUnit.SECONDS.toNanos(9));
        sessions.look();
        assertEquals(List.of(), wills);

        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        sessions.look();
        sessions.look();
        assertEquals(List.of("will"), wills);
        assertTrue(claim(false).present(), "the session goes on");
    }

    @Test
    void publishesADelayedWillWhenTheSessionEndsBefore() {
        sessions.release(claim(false), 5, will(10));
        now.addAndGet(TimeUnit.SECONDS.toNanos(5));
        sessions.look();
        assertEquals(List.of("will"), wills);

        sessions.release(claim(false), 60, will(10));
        claim(true);
        assertEquals(List.of("will", "will"), wills);
    }

    @Test
    void publishesNoWillOfAClientThatCameBack() {
        sessions.release(claim(false), 60, will(10));
        claim(false);
        now.addAndGet(TimeUnit.SECONDS.toNanos(60));
        sessions.look();
        assertEquals(List.of(), wills);
    }

    @Test
    void publishesADelayedWillAtOnceWhereNoSessionIsKept() {
        sessions.release(claim(false), 0, will(10));
        assertEquals(List.of("will"), wills);
    }

    @Test
    void forgetsTheOldestBeyondTheMost() {
        for (int i = 0; i <= Sessions.MAX_KEPT; i++) {
            Session session = sessions.claim(new Sessions.Key("k", "c" + i), false, NOBODY)
                    .result();
            sessions.release(session, 60, i == 0 ? will(10) : Optional.empty());
        }
        assertFalse(sessions.claim(new Sessions.Key("k", "c0"), false, NOBODY)
                .result()
                .present());
        assertTrue(sessions.claim(new Sessions.Key("k", "c1"), false, NOBODY)
                .result()
                .present());
        assertEquals(List.of("will"), wills, "nobody waits for a client that is forgotten");
    }

    private Session claim(boolean clean) {
        return sessions.claim(KEY, clean, NOBODY).result();
    }

    private Optional<DelayedWill> will(int seconds) {
        return Optional.of(new DelayedWill(now.get() + TimeUnit.SECONDS.toNanos(seconds), () -> wills.add("will")));
    }
}
