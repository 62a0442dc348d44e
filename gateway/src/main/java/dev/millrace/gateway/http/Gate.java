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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Lets a request through to its handler when the {@link AccessTable} allows it, before anything of its body is read. */
public final class Gate {

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
                    case Authentication.Authenticated(Principal principal) -> {
                        Exchange exchange = new Exchange(context, route, answers, Optional.of(principal));
                        if (roles.contains(principal.role())) {
                            handler.accept(exchange);
                        } else {
                            failures.record(AuthFailure.ROLE, principal.name());
                            exchange.problem(Problem.of(
                                    Problem.Code.FORBIDDEN,
                                    "The role " + principal.role().word() + " does not allow this."));
                        }
                    }
                    case Authentication.Refused(Authentication.Reason reason) -> {
                        failures.record(reason.failure(), address(context.request()));
                        context.response().putHeader("www-authenticate", "Bearer");
                        new Exchange(context, route, answers, Optional.empty())
                                .problem(Problem.of(Problem.Code.UNAUTHENTICATED, detail(reason)));
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

    private static String detail(Authentication.Reason reason) {
        return switch (reason) {
            case MISSING -> "The header Authorization: Bearer KEY is missing.";
            case MALFORMED ->
                "There must be one header Authorization, of the form Bearer KEY, or a certificate that names a device.";
            case UNKNOWN_KEY -> "The key is not known.";
        };
    }

    private static String address(HttpServerRequest request) {
        SocketAddress remote = request.remoteAddress();
        return remote == null ? "an unknown address" : remote.host();
    }
}
