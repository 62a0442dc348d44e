package dev.millrace.processor.cache;

/** Redis cannot be used now; handled where it is thrown. */
final class RedisAway extends Exception {

    private static final long serialVersionUID = 1L;

    private final String reason;

    RedisAway(String reason) {
        super(reason);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
