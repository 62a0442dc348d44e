package dev.millrace.gateway.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A key as its holder has it. The gateway knows only its SHA-256: a plain hash is enough for a secret of 256 random bits, which
 * nobody can guess, while it would not be for a password.
 *
 * @param text a token in the sense of {@link Credentials.Bearer}; a secret
 */
public record ApiKey(String text) {

    /** What it begins with, so that people and secret scanners know it where they find it. */
    static final String PREFIX = "millrace_";

    private static final int RANDOM_BYTES = 32;

    /** An instance a thread spares the event loops its making. */
    private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(ApiKey::newDigest);

    /** @throws IllegalArgumentException for what no Authorization header can carry, without telling it */
    public ApiKey {
        if (!(Credentials.ofAuthorization(List.of("Bearer " + text)) instanceof Credentials.Bearer bearer)
                || !bearer.token().equals(text)) {
            throw new IllegalArgumentException("must be 1 to " + Credentials.MAX_TOKEN_LENGTH
                    + " characters of A-Z a-z 0-9 - . _ ~ + /, and = at its end");
        }
    }

    /**
     * A new one.
     *
     * @param random one that cannot be foretold
     */
    public static ApiKey generate(RandomGenerator random) {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return new ApiKey(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** Its hash, as the key file has it. */
    public String sha256() {
        return HexFormat.of().formatHex(sha256(text));
    }

    /** The value of an Authorization header. */
    public String authorization() {
        return "Bearer " + text;
    }

    /** The 32 bytes of a token's hash. */
    public static byte[] sha256(String token) {
        return sha256(token.getBytes(StandardCharsets.US_ASCII));
    }

    static byte[] sha256(byte[] bytes) {
        return SHA_256.get().digest(bytes);
    }

    /** One for SHA-256, which is in every Java. */
    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Nothing of it. */
    @Override
    public String toString() {
        return "ApiKey";
    }
}
