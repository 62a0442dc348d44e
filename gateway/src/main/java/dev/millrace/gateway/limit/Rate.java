package dev.millrace.gateway.limit;

/**
 * How much a sender may send.
 *
 * @param readingsPerSecond 0: as many as it likes
 * @param bytesPerSecond of bodies and payloads, decoded; 0: as many as it likes
 */
public record Rate(int readingsPerSecond, int bytesPerSecond) {

    /** As much as it likes. */
    public static final Rate UNLIMITED = new Rate(0, 0);

    /** @throws IllegalArgumentException for a rate below zero */
    public Rate {
        if (readingsPerSecond < 0 || bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate must not be negative");
        }
    }

    boolean isUnlimited() {
        return readingsPerSecond == 0 && bytesPerSecond == 0;
    }
}
