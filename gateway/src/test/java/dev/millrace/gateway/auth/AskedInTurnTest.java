package dev.millrace.gateway.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.millrace.gateway.auth.Authentication.Reason;
import dev.millrace.gateway.ingest.SensorScope;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AskedInTurnTest {

    private static final Credentials TOKEN = new Credentials.Bearer("x");

    private static Authenticator answering(Authentication answer, long revision) {
        return new Authenticator() {
            @Override
            public Authentication authenticate(Credentials credentials) {
                return answer;
            }

            @Override
            public long revision() {
                return revision;
            }
        };
    }

    private static Authentication refused(Reason reason) {
        return new Authentication.Refused(reason);
    }

    private static final Authentication KNOWN =
            new Authentication.Authenticated(new Principal("a", Role.READER, SensorScope.ALL));

    private static Authentication ask(Authentication... answers) {
        Authenticator[] all = new Authenticator[answers.length];
        for (int i = 0; i < answers.length; i++) {
            all[i] = answering(answers[i], 0);
        }
        return new AskedInTurn(all).authenticate(TOKEN);
    }

    @Test
    void whoeverKnowsThemFirstDecides() {
        Authentication disabled = new Authentication.Refused(Reason.DISABLED, Optional.of("a"));
        assertSame(KNOWN, ask(refused(Reason.UNKNOWN_KEY), KNOWN, disabled));
        assertSame(disabled, ask(disabled, KNOWN), "a refusal by who knows them is final");
        Authentication missing = refused(Reason.MISSING);
        assertSame(missing, ask(missing, KNOWN));
    }

    @Test
    void whomNobodyKnowsTheLastOneRefuses() {
        Authentication last = new Authentication.Refused(Reason.UNKNOWN_KEY, Optional.of("press-4"));
        assertSame(last, ask(refused(Reason.UNKNOWN_KEY), last));
    }

    @Test
    void itChangesWhenOneOfThemDoes() {
        long one = new AskedInTurn(answering(KNOWN, 1), answering(KNOWN, 2)).revision();
        assertNotEquals(one, new AskedInTurn(answering(KNOWN, 2), answering(KNOWN, 1)).revision());
        assertNotEquals(one, new AskedInTurn(answering(KNOWN, 1), answering(KNOWN, ~2L)).revision());
        assertEquals(one, new AskedInTurn(answering(KNOWN, 1), answering(KNOWN, 2)).revision());
    }
}
