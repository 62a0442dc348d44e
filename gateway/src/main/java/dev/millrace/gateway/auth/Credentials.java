package dev.millrace.gateway.auth;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/** What a request brought along to show who sends it. */
public sealed interface Credentials {

    /** The longest token: that of a JSON Web Token with a few claims, and far more than a key has. */
    int MAX_TOKEN_LENGTH = 4096;

    /** Nothing. */
    record None() implements Credentials {}

    /** Something of a form that nothing here takes. */
    record Malformed() implements Credentials {}

    /**
     * A bearer token.
     *
     * @param token 1 to {@link #MAX_TOKEN_LENGTH} characters of {@code A-Z a-z 0-9 - . _ ~ + / =}; a secret
     */
    record Bearer(String token) implements Credentials {
        @Override
        public String toString() {
            return "Bearer";
        }
    }

    /**
     * A client certificate that the TLS handshake has verified, chain and all, against the authorities of {@code CLIENT_CA_FILE}.
     *
     * @param deviceId the device that it names; not checked to be one that there is, nor to be the form of an id
     * @param sha256 of its DER form, 64 hexadecimal digits in small letters
     * @param notBefore from when it is valid
     * @param notAfter until when; a connection may outlive it
     */
    record Certificate(String deviceId, String sha256, Instant notBefore, Instant notAfter) implements Credentials {}

    Credentials NONE = new None();
    Credentials MALFORMED = new Malformed();

    /** Those of the values of all Authorization headers of a request (RFC 9110, 11.6.2; RFC 6750, 2.1). */
    static Credentials ofAuthorization(List<String> values) {
        if (values.isEmpty()) {
            return NONE;
        }
        if (values.size() > 1) {
            return MALFORMED;
        }
        String value = values.getFirst();
        String scheme = "Bearer ";
        if (!value.regionMatches(true, 0, scheme, 0, scheme.length())) {
            return MALFORMED;
        }
        int start = scheme.length();
        while (start < value.length() && value.charAt(start) == ' ') {
            start++;
        }
        return isToken(value, start) ? new Bearer(value.substring(start)) : MALFORMED;
    }

    /** Those of a password, which is a token. */
    static Credentials ofPassword(byte[] password) {
        // what is no ASCII becomes what no token has
        String text = new String(password, StandardCharsets.US_ASCII);
        return isToken(text, 0) ? new Bearer(text) : MALFORMED;
    }

    /** Whether the rest of the text is a token68 of RFC 9110, without the cost of a regular expression. */
    private static boolean isToken(String text, int start) {
        int end = text.length();
        while (end > start && text.charAt(end - 1) == '=') {
            end--;
        }
        if (end == start || text.length() - start > MAX_TOKEN_LENGTH) {
            return false;
        }
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && "-._~+/".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
