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
    /** The key, certificate or token is known, and its time is over or has not come. */
    EXPIRED("credentials whose time is over or has not come"),
    /** The certificate names no device, or one that must show another. */
    UNKNOWN_CERTIFICATE("a certificate that is no device's"),
    /** The device is known, and is not to be let in. */
    DISABLED("a device that is disabled"),
    /** The registry was never read, or not for too long, and nobody can tell. */
    REGISTRY_AWAY("a registry of devices that cannot be asked"),
    /** It has a token that the provider did not sign, or not for this platform. */
    BAD_TOKEN("a token that does not hold here"),
    /** It has a token that cannot be verified, because the provider's keys are not there. */
    TOKEN_KEYS_AWAY("a token while the keys to verify it are away"),
    /** Who it is is known, and their role does not suffice. */
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
