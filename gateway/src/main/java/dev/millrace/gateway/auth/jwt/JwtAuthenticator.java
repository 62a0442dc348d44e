package dev.millrace.gateway.auth.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.ingest.SensorScope;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Knows who calls by the tokens of an OpenID Connect provider: JSON Web Tokens (RFC 7519) that it signed, for this platform. They
 * are read as RFC 8725 advises: only signatures of a public key, only of the keys that the provider publishes, and nothing that
 * a token says is believed before its signature was verified. Thread-safe.
 */
public final class JwtAuthenticator implements Authenticator {

    /** Not a character of the names in a key file: a subject cannot take the name of a key. */
    static final String NAME_PREFIX = "oidc/";

    private static final int TOKENS = 10_000;

    /** How often whoever keeps an answer for long is to ask again: a token ends without a word. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

    /** Tokens of other kinds, such as of a log-out, are signed with the same keys (RFC 8725, 3.11; RFC 9068, 2.1). */
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

    private static final Authentication MISSING = new Authentication.Refused(Authentication.Reason.MISSING);
    private static final Authentication MALFORMED = new Authentication.Refused(Authentication.Reason.MALFORMED);
    private static final Authentication UNKNOWN = new Authentication.Refused(Authentication.Reason.UNKNOWN_KEY);

    /** What came of reading a token. */
    private sealed interface Reading {

        record Right(AcceptedToken token) implements Reading {}

        record Wrong(TokenFault fault) implements Reading {}
    }

    private final OidcConfig config;
    private final ProviderKeys provider;
    private final TokenMetrics metrics;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final AcceptedTokens accepted = new AcceptedTokens(TOKENS);

    /**
     * @param clock that of tokens' times
     * @param nanoTime a monotonic one
     */
    public JwtAuthenticator(
            OidcConfig config,
            ProviderKeys provider,
            TokenMetrics metrics,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.config = config;
        this.provider = provider;
        this.metrics = metrics;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /** Whether credentials have the form of a signed token: three parts with dots between them. */
    public static boolean takes(Credentials credentials) {
        if (!(credentials instanceof Credentials.Bearer(String token))) {
            return false;
        }
        // a device's id may have dots, and so its key
        return !token.startsWith(ApiKey.PREFIX)
                && token.chars().filter(c -> c == '.').count() == 2;
    }

    @Override
    public Authentication authenticate(Credentials credentials) {
        return switch (credentials) {
            case Credentials.None _ -> MISSING;
            case Credentials.Malformed _ -> MALFORMED;
            case Credentials.Bearer(String token) -> authenticate(token);
            case Credentials.Certificate _ -> UNKNOWN;
        };
    }

    private Authentication authenticate(String token) {
        Optional<SigningKeys> keys = provider.inForce();
        if (keys.isEmpty()) {
            return refused(TokenFault.KEYS_AWAY);
        }
        Optional<AcceptedToken> known = accepted.find(token).filter(found -> found.verifiedWith() == keys.get());
        Reading reading = known.<Reading>map(Reading.Right::new).orElseGet(() -> read(token, keys.get()));
        return switch (reading) {
            case Reading.Wrong(TokenFault fault) -> refused(fault);
            case Reading.Right(AcceptedToken right) -> {
                Optional<TokenFault> fault = right.faultAt(clock.instant());
                if (fault.isEmpty() && known.isEmpty()) {
                    accepted.add(token, right);
                }
                yield fault.<Authentication>map(this::refused).orElse(right.authenticated());
            }
        };
    }

    private Authentication refused(TokenFault fault) {
        metrics.refused(fault);
        return new Authentication.Refused(fault.reason());
    }

    private Reading read(String token, SigningKeys keys) {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            Optional<TokenFault> fault = verify(jwt, keys);
            return fault.<Reading>map(Reading.Wrong::new).orElseGet(() -> claims(jwt, keys));
        } catch (ParseException | JOSEException | RuntimeException _) {
            // whatever the library throws at what a stranger sent is a token that is none
            return new Reading.Wrong(TokenFault.FORM);
        }
    }

    private Optional<TokenFault> verify(SignedJWT jwt, SigningKeys keys) throws JOSEException {
        JWSHeader header = jwt.getHeader();
        if (!SigningKeys.takes(header.getAlgorithm())) {
            return Optional.of(TokenFault.ALGORITHM);
        }
        if (!isOfKnownType(header) || !isPlain(header) || !isCanonical(jwt.getSignature())) {
            return Optional.of(TokenFault.FORM);
        }
        Optional<JWSVerifier> verifier = keys.verifier(header);
        if (verifier.isEmpty()) {
            if (header.getKeyID() == null || !keys.has(header.getKeyID())) {
                provider.ask();
            }
            return Optional.of(TokenFault.KEY);
        }
        return jwt.verify(verifier.get()) ? Optional.empty() : Optional.of(TokenFault.SIGNATURE);
    }

    private static boolean isOfKnownType(JWSHeader header) {
        JOSEObjectType type = header.getType();
        return type == null || TYPES.contains(type.getType().toLowerCase(Locale.ROOT));
    }

    /** Whether it asks for none of what would have to be understood (RFC 7515, 4.1.11); of that nothing is. */
    private static boolean isPlain(JWSHeader header) {
        return header.getCriticalParams() == null && header.isBase64URLEncodePayload();
    }

    /** The decoder passes over characters that are not its own: without this look a token could be written in many ways. */
    private static boolean isCanonical(Base64URL part) {
        return Base64URL.encode(part.decode()).equals(part);
    }

    private Reading claims(SignedJWT jwt, SigningKeys keys) {
        Map<String, Object> all = jwt.getPayload().toJSONObject();
        if (all == null) {
            return new Reading.Wrong(TokenFault.FORM);
        }
        Claims claims;
        try {
            claims = Claims.of(all);
        } catch (Claims.Invalid _) {
            return new Reading.Wrong(TokenFault.CLAIMS);
        }
        if (!claims.issuer().equals(config.issuer())) {
            return new Reading.Wrong(TokenFault.ISSUER);
        }
        if (!claims.audience().contains(config.audience())) {
            return new Reading.Wrong(TokenFault.AUDIENCE);
        }
        return config.roles()
                .highest(claims.all())
                .<Reading>map(role -> new Reading.Right(accepted(claims, role, keys)))
                .orElse(new Reading.Wrong(TokenFault.NO_ROLE));
    }

    private static AcceptedToken accepted(Claims claims, Role role, SigningKeys keys) {
        SensorScope scope = role == Role.ADMIN ? SensorScope.ALL : _ -> false;
        Principal principal = new Principal(NAME_PREFIX + claims.subject(), role, scope);
        return new AcceptedToken(
                new Authentication.Authenticated(principal), keys, claims.notBefore(), claims.expires());
    }

    /** Rises with time: a token that a connection came in with may have expired, or its key may be gone. */
    @Override
    public long revision() {
        return Math.floorDiv(nanoTime.getAsLong(), LOOK_AGAIN.toNanos());
    }

    /** As a text that names the issuer alone. */
    @Override
    public String toString() {
        return "tokens of " + config.issuer();
    }
}
