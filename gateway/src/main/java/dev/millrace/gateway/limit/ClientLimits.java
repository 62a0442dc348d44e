package dev.millrace.gateway.limit;

import java.util.Optional;

/**
 * What all doors together let clients take.
 *
 * @param bodies the memory for what is being read
 * @param rate how often one address may ask or publish; empty: as often as it likes
 * @param senders how much each sender has sent
 * @param usualRate how much those may send of whom nothing else is said
 */
public record ClientLimits(BodyBudget bodies, Optional<AddressRateLimit> rate, SenderRates senders, Rate usualRate) {

    /**
     * Limits of which nothing is used up.
     *
     * @param bodyBytes the most bytes being read at a time
     * @param ratePerAddress requests and publishes a second, 0: without limit
     * @param now nanoseconds of the clock whose time the limits are told
     */
    public static ClientLimits of(long bodyBytes, int ratePerAddress, Rate usualRate, long now) {
        return new ClientLimits(
                new BodyBudget(bodyBytes),
                ratePerAddress == 0 ? Optional.empty() : Optional.of(new AddressRateLimit(ratePerAddress, now)),
                new SenderRates(now),
                usualRate);
    }

    /**
     * How many nanoseconds a sender must wait before it may send; 0: it may.
     *
     * @param own its own rate; empty: the usual one
     */
    public long waitOf(String sender, Optional<Rate> own, long now) {
        return senders.waitOf(sender, own.orElse(usualRate), now);
    }

    /** A sender wants to send this: see {@link SenderRates#tryTake}. */
    public long tryTake(String sender, Optional<Rate> own, int readings, long bytes, long now) {
        return senders.tryTake(sender, own.orElse(usualRate), readings, bytes, now);
    }

    /** A sender has sent this, whatever became of it. */
    public void take(String sender, Optional<Rate> own, int readings, long bytes, long now) {
        senders.take(sender, own.orElse(usualRate), readings, bytes, now);
    }
}
