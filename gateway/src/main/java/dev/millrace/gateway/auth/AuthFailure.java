package dev.millrace.gateway.auth;

import java.util.Locale;

/** Why a request was turned away at the door. */
public enum AuthFailure {
    /** It has no Authorization header. */
    MISSING("no credentials"),
    /** Its Authorization header is no single {@code Bearer} token of a possible form. */
    MALFORMED("credentials of a wrong form"),
    /** Nobody has such a key, or not any more. */
    UNKNOWN_KEY("an unknown key"),
    /** It has a key or a token whose time is over. */
    EXPIRED("expired credentials"),
    /** It has a token that the provider did not sign, or not for this platform. */
    BAD_TOKEN("a token that does not hold here"),
    /** It has a token that cannot be verified, because the provider's keys are not there. */
    TOKEN_KEYS_AWAY("a token while the keys to verify it are away"),
    /** Who it is is known, and their role does not suffice. */
    ROLE("a role that does not suffice");

    private final String description;

    AuthFailure(String description) {
        this.description = description;
    }

    /** In words, after "because of". */
    String description() {
        return description;
    }

    /** The metric's tag. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
