package dev.millrace.gateway.auth.jwt;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.IntSupplier;

/** The metrics of tokens, with their names and tags; docs/operations.md has them as a table. Thread-safe. */
public final class TokenMetrics {

    /** What came of asking the provider for its keys. */
    enum Fetch {
        FETCHED,
        FAILED
    }

    private final MeterRegistry registry;
    private final Map<TokenFault, Counter> refused = new EnumMap<>(TokenFault.class);
    private final Map<Fetch, Counter> fetches = new EnumMap<>(Fetch.class);

    public TokenMetrics(MeterRegistry registry) {
        this.registry = registry;
        register(refused, TokenFault.values(), fault -> Counter.builder("millrace.gateway.tokens.refused")
                .description("Tokens refused, by what is wrong with them")
                .tag("fault", fault.tag()));
        register(fetches, Fetch.values(), outcome -> Counter.builder("millrace.gateway.token.keys.fetches")
                .description("Attempts to get the keys that tokens are verified with, by what came of them")
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT)));
    }

    private <K> void register(Map<K, Counter> counters, K[] keys, Function<K, Counter.Builder> builder) {
        Arrays.stream(keys).forEach(key -> counters.put(key, builder.apply(key).register(registry)));
    }

    void refused(TokenFault fault) {
        Objects.requireNonNull(refused.get(fault)).increment();
    }

    void fetched(Fetch outcome) {
        Objects.requireNonNull(fetches.get(outcome)).increment();
    }

    /** Registers how many keys verify tokens, and how old they are in seconds. */
    public void keys(IntSupplier inForce, DoubleSupplier age) {
        Gauge.builder("millrace.gateway.token.keys", inForce::getAsInt)
                .description("Keys that tokens are verified with")
                .register(registry);
        Gauge.builder("millrace.gateway.token.keys.age.seconds", age::getAsDouble)
                .description("Since the provider gave its keys last, or since the start where it never did")
                .register(registry);
    }
}
