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
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Lets a request through to its handler when the {@link AccessTable} allows it, before anything of its body is read. */
public final class Gate {

    private static final int RETRY_SECONDS = 5;

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
                Credentials credentials =
                        Credentials.ofAuthorization(context.request().headers().getAll("authorization"));
                switch (authenticator.authenticate(credentials)) {
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
                        if (reason.verdict() == Authentication.Verdict.UNAUTHENTICATED) {
                            context.response().putHeader("www-authenticate", "Bearer");
                        }
                        new Exchange(context, route, answers, Optional.empty()).problem(problem(reason));
                    }
                }
            }
        }
    }

    private static Problem problem(Authentication.Reason reason) {
        return switch (reason.verdict()) {
            case UNAUTHENTICATED -> Problem.of(Problem.Code.UNAUTHENTICATED, detail(reason));
            case FORBIDDEN -> Problem.of(Problem.Code.FORBIDDEN, detail(reason));
            case TRY_LATER -> Problem.retry(Problem.Code.STORE_UNAVAILABLE, detail(reason), RETRY_SECONDS);
        };
    }

    private static String detail(Authentication.Reason reason) {
        return switch (reason) {
            case MISSING -> "The header Authorization: Bearer KEY is missing.";
            case MALFORMED -> "There must be one header Authorization, of the form Bearer KEY.";
            case UNKNOWN_KEY -> "The key is not known.";
            case EXPIRED -> "The time of the credentials is over, or has not come.";
            case UNKNOWN_CERTIFICATE -> "The certificate is not that of a device.";
            case DISABLED -> "The device is disabled.";
            case REGISTRY_AWAY -> "Nobody can tell at present whose the credentials are.";
        };
    }

    static String address(HttpServerRequest request) {
        SocketAddress remote = request.remoteAddress();
        return remote == null ? "an unknown address" : remote.host();
    }
}
