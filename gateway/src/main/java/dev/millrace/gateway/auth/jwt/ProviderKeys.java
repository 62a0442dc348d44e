package dev.millrace.gateway.auth.jwt;

import dev.millrace.core.ops.Availability;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of the provider, as it gave them last. It is asked at the start, every {@link #INTERVAL}, and when a token names a key
 * that is not there; never twice within {@link #QUIET}, however many such tokens come. While it is away, what it gave last goes
 * on for {@link #STAYS}: an outage of the provider must not be one of the platform, nor keep a key for ever that it may have
 * withdrawn. Thread-safe; asking for the keys does not block.
 */
public final class ProviderKeys {

    static final Duration INTERVAL = Duration.ofMinutes(5);
    static final Duration QUIET = Duration.ofSeconds(10);
    static final Duration STAYS = Duration.ofHours(24);

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(ProviderKeys.class);

    /** @param source what {@code keys} were read from */
    private record Given(SigningKeys keys, Buffer source, long at) {}

    private final Supplier<Future<Buffer>> fetch;
    private final Availability availability;
    private final TokenMetrics metrics;
    private final LongSupplier nanoTime;
    private final AtomicLong lastAttempt;
    private volatile Optional<Given> given = Optional.empty();
    private volatile Runnable stop = () -> {};

    /**
     * @param fetch gets a JWK Set, or fails soon
     * @param nanoTime a monotonic clock
     */
    public ProviderKeys(
            Supplier<Future<Buffer>> fetch, Availability availability, TokenMetrics metrics, LongSupplier nanoTime) {
        this.fetch = fetch;
        this.availability = availability;
        this.metrics = metrics;
        this.nanoTime = nanoTime;
        long now = nanoTime.getAsLong();
        lastAttempt = new AtomicLong(now - QUIET.toNanos());
        metrics.keys(
                () -> inForce().map(SigningKeys::size).orElse(0),
                () -> (nanoTime.getAsLong() - given.map(Given::at).orElse(now)) / 1e9);
    }

    /** Asks for the first time, and from now on again and again. */
    public void start(Vertx vertx) {
        look();
        long timer = vertx.setPeriodic(LOOK.toMillis(), _ -> look());
        stop = () -> vertx.cancelTimer(timer);
    }

    /** Asks no more. */
    public void stop() {
        stop.run();
    }

    /** Those that tokens are to be verified with; empty where they were never given, or too long ago. */
    Optional<SigningKeys> inForce() {
        long now = nanoTime.getAsLong();
        return given.filter(last -> now - last.at() <= STAYS.toNanos()).map(Given::keys);
    }

    /** Asks if it is time to. */
    void look() {
        long now = nanoTime.getAsLong();
        if (given.isEmpty() || now - given.get().at() >= INTERVAL.toNanos()) {
            ask();
        }
    }

    /** Asks, unless that was done a moment ago: a key was looked for in vain, and the provider may have a new one. */
    void ask() {
        long now = nanoTime.getAsLong();
        long before = lastAttempt.get();
        if (now - before >= QUIET.toNanos() && lastAttempt.compareAndSet(before, now)) {
            fetch.get().onSuccess(this::take).onFailure(cause -> failed(String.valueOf(cause.getMessage())));
        }
    }

    private synchronized void take(Buffer source) {
        long now = nanoTime.getAsLong();
        // the same keys stay the same object: tokens that were verified with them need not be again
        Optional<SigningKeys> before =
                given.filter(last -> last.source().equals(source)).map(Given::keys);
        Optional<SigningKeys> keys = before.or(() -> SigningKeys.parse(source.getBytes()));
        if (keys.isEmpty()) {
            failed("its answer is no JWK Set, or one without a key that tokens may be signed with");
            return;
        }
        given = Optional.of(new Given(keys.get(), source, now));
        if (before.isEmpty()) {
            LOG.info(
                    "Tokens are verified with {} key(s) of the OIDC provider",
                    keys.get().size());
        }
        metrics.fetched(TokenMetrics.Fetch.FETCHED);
        availability.worked("keys");
    }

    private void failed(String reason) {
        metrics.fetched(TokenMetrics.Fetch.FAILED);
        availability.failed("keys", reason);
    }
}
