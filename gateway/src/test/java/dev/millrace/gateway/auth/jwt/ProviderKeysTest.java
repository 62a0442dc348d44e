package dev.millrace.gateway.auth.jwt;

import static dev.millrace.gateway.auth.jwt.TestIssuer.EC;
import static dev.millrace.gateway.auth.jwt.TestIssuer.OTHER_RSA;
import static dev.millrace.gateway.auth.jwt.TestIssuer.RSA;
import static dev.millrace.gateway.auth.jwt.TestIssuer.jwk;
import static dev.millrace.gateway.auth.jwt.TestIssuer.jwks;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProviderKeysTest {

    private final TestIssuer issuer = new TestIssuer();
    private final ProviderKeys keys = issuer.keys;

    private int inForce() {
        return keys.inForce().map(SigningKeys::size).orElse(0);
    }

    private double gauge(String name) {
        return issuer.registry.get(name).gauge().value();
    }

    private double fetches(String outcome) {
        return issuer.registry
                .get("millrace.gateway.token.keys.fetches")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private String detail() {
        JsonObject health = issuer.health.toJson();
        assertTrue(health.getBoolean("ready"), "the gateway is ready without the provider");
        return health.getJsonObject("components").getJsonObject("oidc").getString("detail");
    }

    @Test
    void theyAreAskedForAtTheStartAndEveryFewMinutes() {
        issuer.look();
        assertEquals(2, inForce());
        assertEquals("connected", detail());
        for (int second = 0; second < ProviderKeys.INTERVAL.toSeconds() - 1; second++) {
            issuer.pass(1);
            issuer.look();
        }
        assertEquals(1, issuer.asked);
        issuer.pass(1);
        issuer.look();
        assertEquals(2, issuer.asked);
        assertEquals(2, fetches("fetched"));
    }

    @Test
    void aProviderThatIsAwayIsAskedAgainAndAgainAndWhatItGaveStaysForADay() {
        issuer.answer = () -> Future.failedFuture("it answered 502");
        for (int second = 0; second < 100; second++) {
            issuer.look();
            issuer.pass(1);
        }
        assertEquals(10, issuer.asked);
        assertEquals(10, fetches("failed"));
        assertEquals("it answered 502", detail().replace("away: ", ""));
        assertEquals(0, inForce());
        assertEquals(100, gauge("millrace.gateway.token.keys.age.seconds"), "since the start");

        issuer.answer = () -> Future.succeededFuture(jwks(jwk("rsa", RSA)));
        issuer.look();
        assertEquals(1, gauge("millrace.gateway.token.keys"));
        assertEquals(0, gauge("millrace.gateway.token.keys.age.seconds"));

        issuer.answer = () -> Future.failedFuture("refused");
        issuer.pass(ProviderKeys.STAYS.toSeconds());
        issuer.look();
        assertEquals(1, inForce());
        assertEquals("away: refused", detail());
        issuer.pass(1);
        assertEquals(0, inForce());
        assertEquals(0, gauge("millrace.gateway.token.keys"));
    }

    @Test
    void theSameAnswerLeavesTheSameKeys() {
        issuer.look();
        Optional<SigningKeys> before = keys.inForce();
        issuer.pass(ProviderKeys.INTERVAL.toSeconds());
        issuer.look();
        assertSame(before.orElseThrow(), keys.inForce().orElseThrow());

        issuer.answer = () -> Future.succeededFuture(jwks(jwk("rsa", OTHER_RSA)));
        issuer.pass(ProviderKeys.INTERVAL.toSeconds());
        issuer.look();
        assertNotSame(before.orElseThrow(), keys.inForce().orElseThrow());
        assertEquals(1, inForce());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "<html>Log in</html>",
                "{}",
                "{\"keys\": null}",
                "{\"keys\": {}}",
                "{\"keys\": 7}",
                "{\"keys\": []}",
                "{\"keys\": [null, 7, [], {}, {\"kty\": \"RSA\"}, {\"kty\": 7}, {\"kty\": \"XYZ\", \"n\": \"AQAB\"}]}",
                "{\"keys\": [{\"kty\": \"RSA\", \"n\": \"!!\", \"e\": \"AQAB\"}]}",
                "{\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AA\", \"y\": \"AA\"}]}",
                "{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\"}]}",
            })
    void anAnswerWithoutAKeyChangesNothing(String answer) {
        issuer.look();
        issuer.answer = () -> Future.succeededFuture(Buffer.buffer(answer));
        issuer.pass(ProviderKeys.INTERVAL.toSeconds());
        issuer.look();

        assertEquals(2, inForce());
        assertEquals(1, fetches("failed"));
        assertTrue(detail().startsWith("away: its answer is no JWK Set"), detail());
    }

    @Test
    void deepNestingIsNoDefect() {
        issuer.answer = () -> Future.succeededFuture(Buffer.buffer("{\"keys\":" + "[".repeat(200_000)));
        issuer.look();
        assertEquals(1, fetches("failed"));
    }

    @Test
    void keysThatAreNotForSignaturesOrTooSmallAreNotThere() {
        issuer.answer = () -> Future.succeededFuture(jwks(
                jwk("encrypts", OTHER_RSA).put("use", "enc"),
                jwk("named", OTHER_RSA).put("alg", "RSA-OAEP"),
                jwk("symmetric", OTHER_RSA).put("alg", "HS256"),
                jwk("signs", OTHER_RSA).put("key_ops", new JsonArray().add("sign")),
                jwk("small", TestIssuer.rsa(1024)),
                new JsonObject().put("kty", "RSA").put("n", "broken"),
                jwk("good", EC).put("use", "sig")));
        issuer.look();

        assertEquals(1, inForce());
        assertTrue(keys.inForce().orElseThrow().has("good"));
    }

    @Test
    void ofTooManyTheFirstAreTaken() {
        JsonObject[] many = new JsonObject[SigningKeys.MAX_KEYS + 1];
        Arrays.setAll(many, i -> jwk("k" + i, EC));
        issuer.answer = () -> Future.succeededFuture(jwks(many));
        issuer.look();

        assertEquals(SigningKeys.MAX_KEYS, inForce());
    }
}
