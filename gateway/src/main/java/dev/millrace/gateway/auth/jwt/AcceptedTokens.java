package dev.millrace.gateway.auth.jwt;

import dev.millrace.gateway.auth.ApiKey;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is known of tokens whose signature was right, by their hash: to verify one costs as much as a small request. Only such
 * tokens are here, so nobody else can fill it. Bounded: of two generations the older is forgotten when the younger is full, and
 * what is asked for in the older comes into the younger. Thread-safe.
 */
final class AcceptedTokens {

    /** Replaced as a whole; one is another than the next also where both hold the same. */
    private static final class Generations {
        private final Map<ByteBuffer, AcceptedToken> younger = new ConcurrentHashMap<>();
        private final Map<ByteBuffer, AcceptedToken> older;

        Generations(Map<ByteBuffer, AcceptedToken> older) {
            this.older = older;
        }
    }

    private final int capacity;
    private volatile Generations generations = new Generations(Map.of());

    /** @param capacity of one generation */
    AcceptedTokens(int capacity) {
        this.capacity = capacity;
    }

    Optional<AcceptedToken> find(String token) {
        ByteBuffer hash = hash(token);
        Generations now = generations;
        AcceptedToken young = now.younger.get(hash);
        if (young != null) {
            return Optional.of(young);
        }
        AcceptedToken old = now.older.get(hash);
        if (old != null) {
            put(hash, old);
        }
        return Optional.ofNullable(old);
    }

    void add(String token, AcceptedToken accepted) {
        put(hash(token), accepted);
    }

    private void put(ByteBuffer hash, AcceptedToken accepted) {
        Generations now = generations;
        now.younger.put(hash, accepted);
        if (now.younger.size() >= capacity) {
            age(now);
        }
    }

    private synchronized void age(Generations full) {
        if (generations == full) {
            generations = new Generations(full.younger);
        }
    }

    /** At most this many tokens, and as many more as are added at the same time. */
    int size() {
        Generations now = generations;
        return now.younger.size() + now.older.size();
    }

    private static ByteBuffer hash(String token) {
        return ByteBuffer.wrap(ApiKey.sha256(token));
    }
}
