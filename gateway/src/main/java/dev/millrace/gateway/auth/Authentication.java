package dev.millrace.gateway.auth;

/** What came of looking at a request's credentials. */
public sealed interface Authentication {

    /** They are this principal's. */
    record Authenticated(Principal principal) implements Authentication {}

    /** They are nobody's. */
    record Refused(Reason reason) implements Authentication {}

    /** Why credentials are nobody's. */
    enum Reason {
        MISSING(AuthFailure.MISSING),
        MALFORMED(AuthFailure.MALFORMED),
        UNKNOWN_KEY(AuthFailure.UNKNOWN_KEY),
        /** They were right, and their time is over. */
        EXPIRED(AuthFailure.EXPIRED),
        BAD_TOKEN(AuthFailure.BAD_TOKEN),
        /** A token is right, and gives its bearer no role here. */
        NO_ROLE(AuthFailure.ROLE),
        TOKEN_KEYS_AWAY(AuthFailure.TOKEN_KEYS_AWAY);

        private final AuthFailure failure;

        Reason(AuthFailure failure) {
            this.failure = failure;
        }

        /** What it is counted and logged as. */
        public AuthFailure failure() {
            return failure;
        }
    }
}
