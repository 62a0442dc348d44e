package dev.millrace.local.kinesis.store;

/**
 * A rate limit that holds one second's worth. What is taken may exceed what is there; the debt is then waited out.
 * A rate of 0 limits nothing.
 */
final class TokenBucket {

    private final double perMilli;
    private final double capacity;
    private double tokens;
    private long filledAt;

    TokenBucket(int perSecond, long nowMillis) {
        this.perMilli = perSecond / 1_000.0;
        this.capacity = perSecond;
        this.tokens = perSecond;
        this.filledAt = nowMillis;
    }

    /** Whether {@code amount} is there, or the bucket is as full as it gets. */
    boolean has(double amount, long nowMillis) {
        if (capacity == 0) {
            return true;
        }
        if (nowMillis > filledAt) {
            tokens = Math.min(capacity, tokens + (nowMillis - filledAt) * perMilli);
            filledAt = nowMillis;
        }
        return tokens >= Math.min(amount, capacity);
    }

    void take(double amount) {
        tokens -= amount;
    }
}
