package dev.millrace.gateway.auth.jwt;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.gateway.auth.Credentials;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * An issuer of tokens in memory: what it publishes, and tokens put together by hand, so that they can be wrong in every way. Its
 * time stands still unless a test sets it forward.
 */
public final class TestIssuer {

    /** Made once: RSA keys take long to find. */
    static final KeyPair RSA = rsa(2048);

    static final KeyPair OTHER_RSA = rsa(2048);
    static final KeyPair EC = ec("secp256r1");

    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    public static final OidcConfig CONFIG = new OidcConfig(
            "https://login.example/realm",
            "millrace",
            URI.create("https://login.example/jwks"),
            new RolesClaim("roles", ""),
            Optional.empty());

    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final TokenMetrics metrics = new TokenMetrics(registry);
    final Health health = new Health("test");
    final AtomicLong nanos = new AtomicLong();

    /** What the provider is asked and answers. */
    Supplier<Future<Buffer>> answer = () -> Future.succeededFuture(jwks(jwk("rsa", RSA), jwk("ec", EC)));

    int asked;

    final ProviderKeys keys = new ProviderKeys(
            () -> {
                asked++;
                return answer.get();
            },
            new Availability(
                    "OIDC provider", Availability.Kind.OPTIONAL, health.component("oidc"), InstantSource.system()),
            metrics,
            nanos::get);

    /** Knows who calls by this issuer's tokens. */
    public JwtAuthenticator authenticator() {
        return authenticator(CONFIG);
    }

    JwtAuthenticator authenticator(OidcConfig config) {
        return new JwtAuthenticator(config, keys, metrics, this::now, nanos::get);
    }

    /** Its keys are asked for, if it is time to. */
    public TestIssuer look() {
        keys.look();
        return this;
    }

    public Instant now() {
        return START.plusNanos(nanos.get());
    }

    /** Time goes on. */
    public void pass(long seconds) {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    }

    /** Claims that are right, of somebody with a role. */
    public JsonObject claims(String role) {
        return new JsonObject()
                .put("iss", CONFIG.issuer())
                .put("aud", CONFIG.audience())
                .put("sub", "alice")
                .put("iat", now().getEpochSecond())
                .put("exp", now().getEpochSecond() + 300)
                .put("roles", new JsonArray().add(role));
    }

    /** A token of the claims that is right. */
    public String token(JsonObject claims) {
        return token(new JsonObject().put("alg", "RS256").put("kid", "rsa"), claims, RSA);
    }

    public String token(String role) {
        return token(claims(role));
    }

    static String token(JsonObject header, JsonObject claims, KeyPair key) {
        return token(header.encode(), claims.encode(), header.getString("alg"), key);
    }

    static String token(String header, String payload, String algorithm, KeyPair key) {
        String signed = base64(header) + "." + base64(payload);
        return signed + "." + base64(sign(algorithm, key, signed.getBytes(StandardCharsets.US_ASCII)));
    }

    static Credentials bearer(String token) {
        return new Credentials.Bearer(token);
    }

    static Buffer jwks(JsonObject... keys) {
        return Buffer.buffer(
                new JsonObject().put("keys", new JsonArray(Arrays.asList(keys))).encode());
    }

    static JsonObject jwk(String id, KeyPair pair) {
        JWK key =
                switch (pair.getPublic()) {
                    case RSAPublicKey rsa -> new RSAKey.Builder(rsa).keyID(id).build();
                    case ECPublicKey ec ->
                        new ECKey.Builder(Curve.forECParameterSpec(ec.getParams()), ec)
                                .keyID(id)
                                .build();
                    default -> throw new IllegalArgumentException();
                };
        return new JsonObject(key.toJSONString());
    }

    private static byte[] sign(String algorithm, KeyPair key, byte[] signed) {
        String bits = algorithm.substring(2);
        String name =
                switch (algorithm.substring(0, 2)) {
                    case "PS" -> "RSASSA-PSS";
                    case "ES" -> "SHA" + bits + "withECDSAinP1363Format";
                    default -> "SHA" + bits + "withRSA";
                };
        try {
            Signature signature = Signature.getInstance(name);
            if (name.equals("RSASSA-PSS")) {
                String hash = "SHA-" + bits;
                signature.setParameter(
                        new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), Integer.parseInt(bits) / 8, 1));
            }
            signature.initSign(key.getPrivate());
            signature.update(signed);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static KeyPair rsa(int bits) {
        return pair("RSA", generator -> generator.initialize(bits));
    }

    static KeyPair ec(String curve) {
        return pair("EC", generator -> generator.initialize(new ECGenParameterSpec(curve)));
    }

    private interface Setup {
        void accept(KeyPairGenerator generator) throws GeneralSecurityException;
    }

    private static KeyPair pair(String type, Setup setup) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(type);
            setup.accept(generator);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String base64(String text) {
        return base64(text.getBytes(StandardCharsets.UTF_8));
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** How many tokens were refused for a fault. */
    double refused(TokenFault fault) {
        return registry.get("millrace.gateway.tokens.refused")
                .tag("fault", fault.tag())
                .counter()
                .count();
    }

    static JsonObject header(Map<String, Object> members) {
        return new JsonObject(new LinkedHashMap<>(members));
    }
}
