package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Access;
import dev.millrace.gateway.auth.AccessTable;
import dev.millrace.gateway.auth.AuthFailure;
import dev.millrace.gateway.auth.AuthFailureLog;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.auth.Role;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Lets a request through to its handler when the {@link AccessTable} allows it, before anything of its body is read. */
public final class Gate {

    private static final int RETRY_SECONDS = 5;

    /** The provider of tokens is asked for its keys as often. */
    private static final int RETRY_TOKEN_SECONDS = 10;

    private final Authenticator authenticator;
    private final AuthFailureLog failures;

    public Gate(Authenticator authenticator, AuthFailureLog failures) {
        this.authenticator = authenticator;
        this.failures = failures;
    }

    void admit(RoutingContext context, Route route, Answers answers, Consumer<Exchange> handler) {
        switch (AccessTable.of(route)) {
            case Access.Open() -> handler.accept(new Exchange(context, route, answers, Optional.empty()));
            case Access.Only(Set<Role> roles) -> {
                switch (authenticator.authenticate(credentials(context.request(), answers))) {
                    case Authentication.Authenticated(Principal principal, Instant _) -> {
                        Exchange exchange = new Exchange(context, route, answers, Optional.of(principal));
                        if (roles.contains(principal.role())) {
                            handler.accept(exchange);
                        } else {
                            failures.record(
                                    AuthFailure.ROLE, Optional.of(principal.name()), address(context.request()));
                            exchange.problem(Problem.of(
                                    Problem.Code.FORBIDDEN,
                                    "The role " + principal.role().word() + " does not allow this."));
                        }
                    }
                    case Authentication.Refused(Authentication.Reason reason, Optional<String> claimed) -> {
                        failures.record(reason.failure(), claimed, address(context.request()));
                        challenge(reason).ifPresent(value -> context.response().putHeader("www-authenticate", value));
                        new Exchange(context, route, answers, Optional.empty()).problem(problem(reason));
                    }
                }
            }
        }
    }

    /** A header, where there is one, alone counts; else what the connection's handshake has shown. */
    private static Credentials credentials(HttpServerRequest request, Answers answers) {
        List<String> authorization = request.headers().getAll("authorization");
        return authorization.isEmpty()
                ? answers.watch().client(request).shown()
                : Credentials.ofAuthorization(authorization);
    }

    /** What credentials would be taken instead (RFC 6750, 3); empty where others would not help. */
    private static Optional<String> challenge(Authentication.Reason reason) {
        return switch (reason) {
            case MISSING, MALFORMED, UNKNOWN_KEY, UNKNOWN_CERTIFICATE -> Optional.of("Bearer");
            case EXPIRED, BAD_TOKEN -> Optional.of("Bearer error=\"invalid_token\"");
            case DISABLED, NO_ROLE, REGISTRY_AWAY, TOKEN_KEYS_AWAY -> Optional.empty();
        };
    }

    private static Problem problem(Authentication.Reason reason) {
        return switch (reason) {
            case MISSING -> unauthenticated("The header Authorization: Bearer KEY is missing.");
            case MALFORMED ->
                unauthenticated(
                        "There must be one header Authorization, of the form Bearer KEY, or a certificate that names a device.");
            case UNKNOWN_KEY -> unauthenticated("The key is not known.");
            case UNKNOWN_CERTIFICATE -> unauthenticated("The certificate is not that of a device.");
            case EXPIRED -> unauthenticated("The time of the credentials is over, or has not come.");
            case BAD_TOKEN -> unauthenticated("The token is not one that is taken here.");
            case DISABLED -> Problem.of(Problem.Code.FORBIDDEN, "The device is disabled.");
            case NO_ROLE -> Problem.of(Problem.Code.FORBIDDEN, "The token gives no role here.");
            // not 401: that would have people log in again, and devices ask for another key, in vain
            case REGISTRY_AWAY ->
                Problem.retry(
                        Problem.Code.STORE_UNAVAILABLE,
                        "Nobody can tell at present whose the credentials are; they may be right.",
                        RETRY_SECONDS);
            case TOKEN_KEYS_AWAY ->
                Problem.retry(
                        Problem.Code.TOKEN_KEYS_UNAVAILABLE,
                        "Tokens cannot be verified at present; the token may be right.",
                        RETRY_TOKEN_SECONDS);
        };
    }

    private static Problem unauthenticated(String detail) {
        return Problem.of(Problem.Code.UNAUTHENTICATED, detail);
    }

    static String address(HttpServerRequest request) {
        SocketAddress remote = request.remoteAddress();
        return remote == null ? "an unknown address" : remote.host();
    }
}
