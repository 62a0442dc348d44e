package dev.millrace.gateway.auth.jwt;

import dev.millrace.gateway.auth.Authentication;
import java.util.Locale;

/** What is wrong with a token, for whoever sets up the provider. Who presents it is told the {@link #reason} alone. */
enum TokenFault {
    /** It is no JSON Web Token with a signature, or of a kind that is no proof of a caller. */
    FORM(Authentication.Reason.BAD_TOKEN),
    /** Its signature is of a kind that is not taken: none, with a shared secret, unknown. */
    ALGORITHM(Authentication.Reason.BAD_TOKEN),
    /** The issuer publishes no such key. */
    KEY(Authentication.Reason.BAD_TOKEN),
    /** Its signature is not the key's. */
    SIGNATURE(Authentication.Reason.BAD_TOKEN),
    /** A claim is missing, of a wrong type, or out of its bounds. */
    CLAIMS(Authentication.Reason.BAD_TOKEN),
    /** It is another issuer's. */
    ISSUER(Authentication.Reason.BAD_TOKEN),
    /** It is meant for others. */
    AUDIENCE(Authentication.Reason.BAD_TOKEN),
    /** Its time has not come: one of the two clocks is wrong. */
    NOT_YET(Authentication.Reason.BAD_TOKEN),
    /** Its time is over. */
    EXPIRED(Authentication.Reason.EXPIRED),
    /** It is right, and gives its bearer no role here. */
    NO_ROLE(Authentication.Reason.NO_ROLE),
    /** Whether it is right cannot be known: the issuer's keys are not there. */
    KEYS_AWAY(Authentication.Reason.TOKEN_KEYS_AWAY);

    private final Authentication.Reason reason;

    TokenFault(Authentication.Reason reason) {
        this.reason = reason;
    }

    Authentication.Reason reason() {
        return reason;
    }

    /** The metric's tag. */
    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
