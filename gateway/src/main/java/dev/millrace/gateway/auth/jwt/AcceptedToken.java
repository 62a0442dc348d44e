package dev.millrace.gateway.auth.jwt;

import dev.millrace.gateway.auth.Authentication;
import java.time.Instant;
import java.util.Optional;

/**
 * A token whose signature is right, and what it says.
 *
 * @param verifiedWith the keys that were in force; with others it must be verified again, since its key may be gone
 * @param notBefore from when it holds
 * @param expires until when
 */
record AcceptedToken(
        Authentication.Authenticated authenticated, SigningKeys verifiedWith, Instant notBefore, Instant expires) {

    /** By how much the provider's clock and ours may differ, in seconds. */
    static final long SKEW_SECONDS = 60;

    /** Why it does not hold at this time, if so. */
    Optional<TokenFault> faultAt(Instant now) {
        if (!now.isBefore(expires.plusSeconds(SKEW_SECONDS))) {
            return Optional.of(TokenFault.EXPIRED);
        }
        return now.isBefore(notBefore.minusSeconds(SKEW_SECONDS)) ? Optional.of(TokenFault.NOT_YET) : Optional.empty();
    }
}
