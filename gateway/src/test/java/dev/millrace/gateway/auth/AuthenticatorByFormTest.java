package dev.millrace.gateway.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.auth.Authentication.Reason;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AuthenticatorByFormTest {

    /** Refuses everybody for a reason of its own. */
    private record Refuses(Reason reason, AtomicLong revisions) implements Authenticator {
        @Override
        public Authentication authenticate(Credentials credentials) {
            return new Authentication.Refused(reason);
        }

        @Override
        public long revision() {
            return revisions.get();
        }
    }

    private final Refuses tokens = new Refuses(Reason.BAD_TOKEN, new AtomicLong());
    private final Refuses keys = new Refuses(Reason.UNKNOWN_KEY, new AtomicLong());
    private final AuthenticatorByForm both = new AuthenticatorByForm(
            List.of(new AuthenticatorByForm.Branch(
                    credentials -> credentials instanceof Credentials.Bearer(String text) && text.startsWith("t"),
                    tokens)),
            keys);

    @Test
    void theFormDecidesAndARefusalIsFinal() {
        assertEquals(new Authentication.Refused(Reason.BAD_TOKEN), both.authenticate(new Credentials.Bearer("token")));
        assertEquals(new Authentication.Refused(Reason.UNKNOWN_KEY), both.authenticate(new Credentials.Bearer("key")));
        assertEquals(new Authentication.Refused(Reason.UNKNOWN_KEY), both.authenticate(Credentials.NONE));
    }

    @Test
    void theRevisionRisesWithEither() {
        for (Refuses one : List.of(tokens, keys)) {
            long before = both.revision();
            one.revisions().incrementAndGet();
            assertTrue(both.revision() > before);
        }
    }
}
