package dev.millrace.processor.ownership;

import java.util.HashMap;
import java.util.Map;

/**
 * How long things have not been seen to change, by the local monotonic clock. Only time in which they were looked at counts:
 * neither an outage of whoever tells of them nor a pause of this process lets them look still. For one thread.
 *
 * @param <K> what identifies a thing
 */
final class Stillness<K> {

    private final long longestGap;
    private Map<K, Watched> watched = new HashMap<>();
    private long lastLook;

    private record Watched(Object version, long still) {}

    /** @param longestGap between two looks beyond which the time between them does not count, nanoseconds */
    Stillness(long longestGap) {
        this.longestGap = longestGap;
    }

    /**
     * Looks at all things that there are.
     *
     * @param versions what each one is like now
     * @param now nanoseconds
     */
    void look(Map<K, ?> versions, long now) {
        long passed = now - lastLook;
        long counted = passed > longestGap ? 0 : passed;
        lastLook = now;
        Map<K, Watched> next = new HashMap<>();
        versions.forEach((key, version) -> {
            Watched before = watched.get(key);
            long still = before == null || !before.version.equals(version) ? 0 : before.still + counted;
            next.put(key, new Watched(version, still));
        });
        watched = next;
    }

    /** For how long a thing has not changed, nanoseconds; 0 for one that was never seen. */
    long of(K key) {
        Watched known = watched.get(key);
        return known == null ? 0 : known.still;
    }

    /** Forgets what it saw: of everything the time counts anew. */
    void clear() {
        watched.clear();
    }
}
