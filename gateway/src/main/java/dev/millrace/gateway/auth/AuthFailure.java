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
    /** The key is known, its role does not suffice. */
    ROLE("a role that does not suffice"),
    /** The TLS handshake ended because the client's certificate is not valid now, or of no authority that is believed. */
    CERTIFICATE("a certificate that is not valid or not trusted");

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
