package dev.millrace.gateway.auth;

import java.util.List;
import java.util.function.Predicate;

/** Asks the one authenticator that the form of the credentials belongs to: what one refuses no other is asked about. */
public final class AuthenticatorByForm implements Authenticator {

    /** Credentials of a form, and who knows them. */
    public record Branch(Predicate<Credentials> takes, Authenticator authenticator) {}

    private final List<Branch> branches;
    private final Authenticator others;

    /**
     * @param branches asked in order; the first that takes credentials decides
     * @param others knows what no branch takes
     */
    public AuthenticatorByForm(List<Branch> branches, Authenticator others) {
        this.branches = List.copyOf(branches);
        this.others = others;
    }

    @Override
    public Authentication authenticate(Credentials credentials) {
        for (Branch branch : branches) {
            if (branch.takes().test(credentials)) {
                return branch.authenticator().authenticate(credentials);
            }
        }
        return others.authenticate(credentials);
    }

    @Override
    public long revision() {
        // one changes at a time, and so does the sum
        long sum = others.revision();
        for (Branch branch : branches) {
            sum += branch.authenticator().revision();
        }
        return sum;
    }
}
