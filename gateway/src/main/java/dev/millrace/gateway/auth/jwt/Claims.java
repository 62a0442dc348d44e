package dev.millrace.gateway.auth.jwt;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a token that are read here (RFC 7519, 4.1), each of its type and within its bounds.
 *
 * @param issuer {@code iss}
 * @param audience {@code aud}, of one or more
 * @param subject {@code sub}, visible ASCII: it comes into logs
 * @param expires {@code exp}
 * @param notBefore the later of {@code nbf} and {@code iat}; long ago where it has neither
 * @param all these and all others
 */
record Claims(String issuer, List<?> audience, String subject, Instant expires, Instant notBefore, Map<String, ?> all) {

    /** The longest that OpenID Connect allows (Core 1.0, 2). */
    private static final Pattern SUBJECT = Pattern.compile("[\\x21-\\x7e]{1,255}");

    /** The end of the year 9999. */
    private static final double MAX_SECONDS = 253_402_300_799.0;

    /** A claim is missing, or not what it must be. */
    static final class Invalid extends Exception {
        private static final long serialVersionUID = 1;
    }

    static Claims of(Map<String, ?> all) throws Invalid {
        if (all.containsKey("cnf")) {
            // bound to a key that its bearer would have to show; here nobody asks for it
            throw new Invalid();
        }
        String subject = text(all, "sub");
        if (!SUBJECT.matcher(subject).matches()) {
            throw new Invalid();
        }
        Instant notBefore = time(all, "nbf").orElse(Instant.EPOCH);
        Instant issued = time(all, "iat").orElse(Instant.EPOCH);
        return new Claims(
                text(all, "iss"),
                audience(all.get("aud")),
                subject,
                time(all, "exp").orElseThrow(Invalid::new),
                issued.isAfter(notBefore) ? issued : notBefore,
                all);
    }

    private static String text(Map<String, ?> all, String name) throws Invalid {
        if (all.get(name) instanceof String text) {
            return text;
        }
        throw new Invalid();
    }

    private static List<?> audience(@Nullable Object value) throws Invalid {
        return switch (value) {
            case String one -> List.of(one);
            case List<?> many -> many;
            case null, default -> throw new Invalid();
        };
    }

    /** A NumericDate: seconds, at times with a fraction. */
    private static Optional<Instant> time(Map<String, ?> all, String name) throws Invalid {
        if (!all.containsKey(name)) {
            return Optional.empty();
        }
        if (all.get(name) instanceof Number number) {
            double seconds = number.doubleValue();
            if (seconds >= 0 && seconds <= MAX_SECONDS) {
                return Optional.of(Instant.ofEpochSecond((long) seconds));
            }
        }
        throw new Invalid();
    }
}
