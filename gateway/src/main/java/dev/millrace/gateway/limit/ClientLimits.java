package dev.millrace.gateway.limit;

import java.util.Optional;

/**
 * What all doors together let clients take.
 *
 * @param bodies the memory for what is being read
 * @param rate how often one address may ask or publish; empty: as often as it likes
 */
public record ClientLimits(BodyBudget bodies, Optional<AddressRateLimit> rate) {

    /**
     * Limits of which nothing is used up.
     *
     * @param bodyBytes the most bytes being read at a time
     * @param ratePerAddress requests and publishes a second, 0: without limit
     * @param now nanoseconds of the clock whose time {@link AddressRateLimit#take} is told
     */
    public static ClientLimits of(long bodyBytes, int ratePerAddress, long now) {
        return new ClientLimits(
                new BodyBudget(bodyBytes),
                ratePerAddress == 0 ? Optional.empty() : Optional.of(new AddressRateLimit(ratePerAddress, now)));
    }
}
