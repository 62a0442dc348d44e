package dev.millrace.gateway.publish;

/**
 * How long a lane whose shard was over its rate collects before it sends: doubled by each throttle, halved by each
 * acceptance. Fewer and fuller records are what such a shard takes best, since its rate counts records too.
 */
final class Linger {

    private static final long FIRST_MILLIS = 10;
    private static final long LIMIT_MILLIS = 320;

    private long millis;

    void widen() {
        millis = Math.clamp(millis * 2, FIRST_MILLIS, LIMIT_MILLIS);
    }

    void narrow() {
        millis = millis <= FIRST_MILLIS ? 0 : millis / 2;
    }

    /** From 0 to 320 ms. */
    long millis() {
        return millis;
    }
}
