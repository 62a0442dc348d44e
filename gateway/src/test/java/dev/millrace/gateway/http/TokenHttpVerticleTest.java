package dev.millrace.gateway.http;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.AuthFailure;
import dev.millrace.gateway.auth.AuthenticatorByForm;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.auth.TestKeys;
import dev.millrace.gateway.auth.jwt.JwtAuthenticator;
import dev.millrace.gateway.auth.jwt.TestIssuer;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What people and services with a token are answered, beside those with keys. */
class TokenHttpVerticleTest extends HttpDoorFixture {

    private final TestIssuer issuer;

    TokenHttpVerticleTest() {
        TestIssuer made = new TestIssuer();
        super(new AuthenticatorByForm(
                List.of(new AuthenticatorByForm.Branch(JwtAuthenticator::takes, made.authenticator())),
                TestKeys.authenticator(entry("reader", Role.READER))));
        issuer = made;
    }

    private HttpResponse<String> as(String credentials, HttpRequest.Builder request) throws Exception {
        return send(request.header("authorization", "Bearer " + credentials).build());
    }

    private HttpResponse<String> read(String credentials) throws Exception {
        return as(credentials, HttpRequest.newBuilder(uri("/sensors")));
    }

    private HttpResponse<String> ingest(String credentials) throws Exception {
        return as(
                credentials,
                HttpRequest.newBuilder(uri("/sensors"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(READING)));
    }

    private double failures(AuthFailure reason) {
        return registry.get("millrace.gateway.auth.failures")
                .tag("reason", reason.tag())
                .counter()
                .count();
    }

    @Test
    void aTokenOpensWhatItsRoleMayAndKeysGoOn() throws Exception {
        issuer.look();
        stream.acceptAll();
        assertEquals(200, read(issuer.token("reader")).statusCode());
        assertEquals(200, read(issuer.token("operator")).statusCode());
        assertEquals(200, read(issuer.token("admin")).statusCode());
        assertEquals(202, ingest(issuer.token("admin")).statusCode());
        assertEquals(200, read(key("reader").text()).statusCode());
        assertProblem(401, "unauthenticated", read(key("nobody").text()));

        assertProblem(403, "forbidden", ingest(issuer.token("reader")));
        HttpResponse<String> none = read(issuer.token("device"));
        assertProblem(403, "forbidden", none);
        assertTrue(none.headers().firstValue("www-authenticate").isEmpty());
        assertEquals(2, failures(AuthFailure.ROLE));
    }

    @Test
    void whoseTokenDoesNotHoldIsToldToGetAnother() throws Exception {
        issuer.look();
        String token = issuer.token("reader");
        assertEquals(200, read(token).statusCode());
        issuer.pass(360);

        HttpResponse<String> expired = read(token);
        assertProblem(401, "unauthenticated", expired);
        assertEquals(
                "Bearer error=\"invalid_token\"",
                expired.headers().firstValue("www-authenticate").orElseThrow());
        assertTrue(expired.body().contains("The time of the credentials is over"), expired.body());
        assertEquals(1, failures(AuthFailure.EXPIRED));

        HttpResponse<String> broken = read(issuer.token("reader") + "A");
        assertProblem(401, "unauthenticated", broken);
        assertEquals(
                "Bearer error=\"invalid_token\"",
                broken.headers().firstValue("www-authenticate").orElseThrow());
        assertFalse(broken.body().contains("alice"));
        assertEquals(1, failures(AuthFailure.BAD_TOKEN));
    }

    @Test
    void whileTheProvidersKeysAreAwayNobodyIsSentToLogInAgain() throws Exception {
        String token = issuer.token("reader");
        HttpResponse<String> away = read(token);
        assertProblem(503, "token-keys-unavailable", away);
        assertEquals("10", away.headers().firstValue("retry-after").orElseThrow());
        assertEquals(1, failures(AuthFailure.TOKEN_KEYS_AWAY));
        assertEquals(200, read(key("reader").text()).statusCode());

        issuer.look();
        assertEquals(200, read(token).statusCode());
    }

    @Test
    void aTokenThatIsTooLongIsRefusedBeforeItIsRead() throws Exception {
        issuer.look();
        String token = issuer.token(issuer.claims("reader").put("filler", "x".repeat(4_096)));
        HttpResponse<String> tooLong = read(token);
        assertProblem(401, "unauthenticated", tooLong);
        assertEquals(1, failures(AuthFailure.MALFORMED));
    }
}
