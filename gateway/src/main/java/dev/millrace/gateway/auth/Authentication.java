package dev.millrace.gateway.auth;

/** What came of looking at a request's credentials. */
public sealed interface Authentication {

    /** They are this principal's. */
    record Authenticated(Principal principal) implements Authentication {}

    /** They are nobody's. */
    record Refused(AuthFailure reason) implements Authentication {}
}
