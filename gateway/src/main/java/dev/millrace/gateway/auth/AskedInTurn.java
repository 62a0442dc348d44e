package dev.millrace.gateway.auth;

import java.util.List;

/** Asks one after the other whose credentials are, until one of them knows more than that it does not know them. */
public final class AskedInTurn implements Authenticator {

    private final List<Authenticator> authenticators;

    /** At least one. */
    public AskedInTurn(Authenticator... authenticators) {
        if (authenticators.length == 0) {
            throw new IllegalArgumentException("nobody to ask");
        }
        this.authenticators = List.of(authenticators);
    }

    @Override
    public Authentication authenticate(Credentials credentials) {
        Authentication answer = authenticators.getFirst().authenticate(credentials);
        for (int i = 1; i < authenticators.size() && isUnknown(answer); i++) {
            answer = authenticators.get(i).authenticate(credentials);
        }
        return answer;
    }

    private static boolean isUnknown(Authentication answer) {
        return answer instanceof Authentication.Refused refused
                && refused.reason() == Authentication.Reason.UNKNOWN_KEY
                && refused.claimed().isEmpty();
    }

    @Override
    public long revision() {
        long mixed = 0;
        for (Authenticator authenticator : authenticators) {
            mixed = mixed * 0x9E3779B97F4A7C15L + authenticator.revision();
        }
        return mixed;
    }
}
