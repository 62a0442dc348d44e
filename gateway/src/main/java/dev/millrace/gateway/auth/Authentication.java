package dev.millrace.gateway.auth;

import java.time.Instant;
import java.util.Optional;

/** What came of looking at a request's credentials. */
public sealed interface Authentication {

    /**
     * They are this principal's.
     *
     * @param until when they cease to be, as far as is known now; {@link Instant#MAX}: not by themselves
     */
    record Authenticated(Principal principal, Instant until) implements Authentication {

        /** Without an end. */
        public Authenticated(Principal principal) {
            this(principal, Instant.MAX);
        }
    }

    /**
     * They let nobody in.
     *
     * @param claimed who they say they are, of a form that fits into a log; empty where they do not say
     */
    record Refused(Reason reason, Optional<String> claimed) implements Authentication {

        /** Of credentials that do not say whose they are. */
        public Refused(Reason reason) {
            this(reason, Optional.empty());
        }
    }

    /** Why credentials let nobody in. */
    enum Reason {
        MISSING(AuthFailure.MISSING, Verdict.UNAUTHENTICATED),
        MALFORMED(AuthFailure.MALFORMED, Verdict.UNAUTHENTICATED),
        UNKNOWN_KEY(AuthFailure.UNKNOWN_KEY, Verdict.UNAUTHENTICATED),
        EXPIRED(AuthFailure.EXPIRED, Verdict.UNAUTHENTICATED),
        UNKNOWN_CERTIFICATE(AuthFailure.UNKNOWN_CERTIFICATE, Verdict.UNAUTHENTICATED),
        DISABLED(AuthFailure.DISABLED, Verdict.FORBIDDEN),
        REGISTRY_AWAY(AuthFailure.REGISTRY_AWAY, Verdict.TRY_LATER),
        BAD_TOKEN(AuthFailure.BAD_TOKEN, Verdict.UNAUTHENTICATED),
        /** A token is right, and gives its bearer no role here. */
        NO_ROLE(AuthFailure.ROLE, Verdict.FORBIDDEN),
        TOKEN_KEYS_AWAY(AuthFailure.TOKEN_KEYS_AWAY, Verdict.TRY_LATER);

        private final AuthFailure failure;
        private final Verdict verdict;

        Reason(AuthFailure failure, Verdict verdict) {
            this.failure = failure;
            this.verdict = verdict;
        }

        /** What it is counted and logged as. */
        public AuthFailure failure() {
            return failure;
        }

        /** What the caller is told. */
        public Verdict verdict() {
            return verdict;
        }
    }

    /** What a refusal means for the caller. */
    enum Verdict {
        /** Other credentials are needed. */
        UNAUTHENTICATED,
        /** They are the caller's, who may do nothing. */
        FORBIDDEN,
        /** Nobody can tell at present whose they are: the same ones may be right later. */
        TRY_LATER
    }
}
