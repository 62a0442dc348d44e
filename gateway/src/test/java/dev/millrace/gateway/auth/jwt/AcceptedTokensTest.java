package dev.millrace.gateway.auth.jwt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AcceptedTokensTest {

    private final AcceptedTokens tokens = new AcceptedTokens(10);
    private final AcceptedToken accepted = new AcceptedToken(
            new Authentication.Authenticated(new Principal("a", Role.READER, _ -> false)),
            SigningKeys.parse(
                            TestIssuer.jwks(TestIssuer.jwk("k", TestIssuer.EC)).getBytes())
                    .orElseThrow(),
            Instant.EPOCH,
            Instant.MAX);

    @Test
    void memoryDoesNotGrowWithTheTokens() {
        for (int i = 0; i < 1_000; i++) {
            tokens.add("token" + i, accepted);
            assertTrue(tokens.size() <= 20, () -> tokens.size() + " are kept");
        }
        assertEquals(Optional.of(accepted), tokens.find("token999"));
        assertEquals(Optional.empty(), tokens.find("token1"));
    }

    @Test
    void whatIsInUseIsKept() {
        tokens.add("used", accepted);
        for (int i = 0; i < 1_000; i++) {
            tokens.add("token" + i, accepted);
            assertEquals(Optional.of(accepted), tokens.find("used"));
        }
    }
}
