package dev.millrace.core.connect;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.DatabaseLogin;
import dev.millrace.core.config.LoginSource;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The login with which new connections are made. When PostgreSQL refuses it, it is read again where it is kept: once for all
 * who were refused, and not again for {@link #PAUSE}, in which nobody tries a login that is known to be wrong either. So a
 * password is changed without a restart, and one that stays wrong costs the server and the secret's keeper next to nothing.
 * Connections that are there do not notice. Safe for use by several threads.
 */
public final class LoginRenewal {

    private static final Logger LOG = LoggerFactory.getLogger(LoginRenewal.class);

    static final Duration PAUSE = Duration.ofSeconds(2);

    private final Optional<LoginSource> source;
    private final LongSupplier nanoTime;
    private DatabaseLogin current;
    private @Nullable Reading underWay;
    private @Nullable Refusal refusal;

    /** A reading that those wait for who need the login meanwhile. */
    private record Reading(CompletableFuture<Optional<DatabaseLogin>> found, Throwable cause) {}

    /** What the server said of the current login, than which nothing newer was found. */
    private record Refusal(Throwable cause, long nanoTime) {}

    /** The login of a configuration, and where that is kept. */
    public LoginRenewal(DatabaseConfig config, LongSupplier nanoTime) {
        this.current = config.login();
        this.source = config.renewal();
        this.nanoTime = nanoTime;
    }

    /** The login as it is known now. */
    public synchronized DatabaseLogin current() {
        return current;
    }

    /** The login to try next; it fails, with what the server said, where there is none that is worth it now. */
    CompletableFuture<DatabaseLogin> next() {
        Reading reading;
        synchronized (this) {
            reading = underWay;
            if (reading == null) {
                Refusal last = refusal;
                return last != null && isRecent(last)
                        ? CompletableFuture.failedFuture(last.cause)
                        : CompletableFuture.completedFuture(current);
            }
        }
        return reading.found.thenCompose(found -> found.map(CompletableFuture::completedFuture)
                .orElseGet(() -> CompletableFuture.failedFuture(reading.cause)));
    }

    private boolean isRecent(Refusal last) {
        return nanoTime.getAsLong() - last.nanoTime < PAUSE.toNanos();
    }

    /** The server has let it in. */
    synchronized void worked(DatabaseLogin login) {
        if (login.equals(current)) {
            refusal = null;
        }
    }

    /**
     * A login to try instead of one that was refused; empty where no other is known. It never fails.
     *
     * @param cause what the server said
     */
    public CompletableFuture<Optional<DatabaseLogin>> instead(DatabaseLogin refused, Throwable cause) {
        Reading reading;
        LoginSource from;
        synchronized (this) {
            Refusal last = refusal;
            if (!current.equals(refused)) {
                return CompletableFuture.completedFuture(Optional.of(current));
            }
            if (underWay != null) {
                return underWay.found.copy();
            }
            if (last != null && isRecent(last)) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            if (source.isEmpty()) {
                refusal = new Refusal(cause, nanoTime.getAsLong());
                return CompletableFuture.completedFuture(Optional.empty());
            }
            from = source.get();
            reading = new Reading(new CompletableFuture<>(), cause);
            underWay = reading;
        }
        Thread.ofVirtual().name("login-renewal").start(() -> reading.found.complete(read(from, refused, cause)));
        return reading.found.copy();
    }

    private Optional<DatabaseLogin> read(LoginSource from, DatabaseLogin refused, Throwable cause) {
        LoginSource.Answer answer;
        try {
            answer = from.read();
        } catch (RuntimeException e) {
            // those who wait must hear of it, whatever it is; its text is not ours
            LOG.debug("Where the reading of the login failed", e);
            answer = new LoginSource.Unreadable("a fault, " + e.getClass().getSimpleName());
        }
        synchronized (this) {
            underWay = null;
            boolean told = refusal != null;
            switch (answer) {
                case LoginSource.Current(DatabaseLogin login)
                when !login.equals(refused) -> {
                    current = login;
                    refusal = null;
                    LOG.info("PostgreSQL refused the login of {}; it has changed where it is kept", refused.user());
                    return Optional.of(login);
                }
                case LoginSource.Current _ -> tell(told, refused, "where it is kept it has not changed");
                case LoginSource.Unreadable(String reason) -> tell(told, refused, "it cannot be read again: " + reason);
            }
            refusal = new Refusal(cause, nanoTime.getAsLong());
            return Optional.empty();
        }
    }

    /** Once for a time of refusals, not every two seconds. */
    private static void tell(boolean told, DatabaseLogin refused, String what) {
        if (!told) {
            LOG.warn("PostgreSQL refuses the login of {}; {}", refused.user(), what);
        }
    }
}
