package dev.millrace.core.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.DatabaseLogin;
import dev.millrace.core.config.LoginSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LoginRenewalTest {

    private static final DatabaseLogin OLD = new DatabaseLogin("gateway", "old");
    private static final DatabaseLogin NEW = new DatabaseLogin("gateway_2", "new");
    private final IOException refusal = new IOException("28P01");

    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger readings = new AtomicInteger();
    private volatile LoginSource.Answer kept = new LoginSource.Current(OLD);

    private LoginRenewal renewal(LoginSource source) {
        return new LoginRenewal(
                new DatabaseConfig(
                        "h", 1, "d", OLD, DatabaseConfig.SslMode.DISABLE, Optional.empty(), Optional.of(source)),
                now::get);
    }

    private LoginRenewal renewal() {
        return renewal(() -> {
            readings.incrementAndGet();
            return kept;
        });
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private void assertRefused(LoginRenewal renewal) {
        ExecutionException failure = assertThrows(ExecutionException.class, () -> get(renewal.next()));
        assertSame(refusal, failure.getCause());
    }

    @Test
    void aRefusedLoginIsReadAgainAndUserAndPasswordChangeTogether() throws Exception {
        LoginRenewal renewal = renewal();
        kept = new LoginSource.Current(NEW);

        assertEquals(Optional.of(NEW), get(renewal.instead(OLD, refusal)));
        assertEquals(NEW, get(renewal.next()));
    }

    @Test
    void whoComesWithALoginThatWasReplacedGetsTheNewOneWithoutAReading() throws Exception {
        LoginRenewal renewal = renewal();
        kept = new LoginSource.Current(NEW);
        get(renewal.instead(OLD, refusal));

        assertEquals(Optional.of(NEW), get(renewal.instead(OLD, refusal)));
        assertEquals(1, readings.get());
    }

    @Test
    void allWhoAreRefusedAtATimeShareOneReadingAndWhoComesMeanwhileWaitsForIt() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        LoginRenewal renewal = renewal(() -> {
            readings.incrementAndGet();
            begun.countDown();
            try {
                assertEquals(true, goOn.await(30, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new LoginSource.Current(NEW);
        });
        List<CompletableFuture<Optional<DatabaseLogin>>> waiting = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            waiting.add(renewal.instead(OLD, refusal));
        }
        assertEquals(true, begun.await(30, TimeUnit.SECONDS));
        CompletableFuture<DatabaseLogin> later = renewal.next();
        assertFalse(later.isDone());

        goOn.countDown();

        for (CompletableFuture<Optional<DatabaseLogin>> one : waiting) {
            assertEquals(Optional.of(NEW), get(one));
        }
        assertEquals(NEW, get(later));
        assertEquals(1, readings.get());
    }

    @Test
    void aLoginThatStaysWrongIsNeitherReadNorTriedMoreOftenThanEveryTwoSeconds() throws Exception {
        LoginRenewal renewal = renewal();
        assertEquals(Optional.empty(), get(renewal.instead(OLD, refusal)));

        for (int i = 0; i < 1_000; i++) {
            assertRefused(renewal);
            assertEquals(Optional.empty(), get(renewal.instead(OLD, refusal)));
        }
        assertEquals(1, readings.get());

        now.addAndGet(LoginRenewal.PAUSE.toNanos());
        assertEquals(OLD, get(renewal.next()));
        kept = new LoginSource.Current(NEW);
        assertEquals(Optional.of(NEW), get(renewal.instead(OLD, refusal)));
        assertEquals(2, readings.get());
    }

    @Test
    void whatCannotBeReadIsTriedAgainLater() throws Exception {
        LoginRenewal renewal = renewal();
        kept = new LoginSource.Unreadable("away");
        assertEquals(Optional.empty(), get(renewal.instead(OLD, refusal)));
        assertRefused(renewal);

        now.addAndGet(LoginRenewal.PAUSE.toNanos());
        kept = new LoginSource.Current(NEW);
        assertEquals(Optional.of(NEW), get(renewal.instead(OLD, refusal)));
    }

    @Test
    void aReadingThatThrowsIsOneThatFailed() throws Exception {
        LoginRenewal renewal = renewal(() -> {
            throw new IllegalStateException("a fault");
        });

        assertEquals(Optional.empty(), get(renewal.instead(OLD, refusal)));
        assertRefused(renewal);
    }

    @Test
    void aLoginThatWorksAfterAllIsTriedAtOnce() throws Exception {
        LoginRenewal renewal = renewal();
        get(renewal.instead(OLD, refusal));
        assertRefused(renewal);

        renewal.worked(OLD);

        assertEquals(OLD, get(renewal.next()));
    }
}
