package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
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
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Lets a request through to its handler when the {@link AccessTable} allows it, before anything of its body is read. */
public final class Gate {

    /** How long the body of a request that is turned away may take. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final Authenticator authenticator;
    private final AuthFailureLog failures;
    private final GatewayMetrics metrics;
    private final int maxBodyBytes;

    /** @param maxBodyBytes the most bytes of a body that is refused unread; whoever sends more is cut off */
    public Gate(
            Vertx vertx,
            Authenticator authenticator,
            AuthFailureLog failures,
            GatewayMetrics metrics,
            int maxBodyBytes) {
        this.vertx = vertx;
        this.authenticator = authenticator;
        this.failures = failures;
        this.metrics = metrics;
        this.maxBodyBytes = maxBodyBytes;
    }

    void admit(RoutingContext context, Route route, Consumer<Exchange> handler) {
        switch (AccessTable.of(route)) {
            case Access.Open() -> handler.accept(new Exchange(context, route, metrics, Optional.empty()));
            case Access.Only(Set<Role> roles) -> {
                Credentials credentials =
                        Credentials.ofAuthorization(context.request().headers().getAll("authorization"));
                switch (authenticator.authenticate(credentials)) {
                    case Authentication.Authenticated(Principal principal) -> {
                        Exchange exchange = new Exchange(context, route, metrics, Optional.of(principal));
                        if (roles.contains(principal.role())) {
                            handler.accept(exchange);
                        } else {
                            failures.record(AuthFailure.ROLE, principal.name());
                            turnAway(
                                    exchange,
                                    Problem.of(
                                            Problem.Code.FORBIDDEN,
                                            "The role " + principal.role().word() + " does not allow this."));
                        }
                    }
                    case Authentication.Refused(AuthFailure reason) -> {
                        failures.record(reason, address(context.request()));
                        context.response().putHeader("www-authenticate", "Bearer");
                        turnAway(
                                new Exchange(context, route, metrics, Optional.empty()),
                                Problem.of(Problem.Code.UNAUTHENTICATED, detail(reason)));
                    }
                }
            }
        }
    }

    private void turnAway(Exchange exchange, Problem problem) {
        UnreadBody body = new UnreadBody(vertx, exchange.context().request(), maxBodyBytes, PATIENCE);
        if (body.mayNeverCome()) {
            exchange.closeAfterwards();
        }
        exchange.problem(problem);
        body.discard();
    }

    private static String detail(AuthFailure reason) {
        return switch (reason) {
            case MISSING -> "The header Authorization: Bearer KEY is missing.";
            case MALFORMED -> "There must be one header Authorization, of the form Bearer KEY.";
            case UNKNOWN_KEY, ROLE -> "The key is not known.";
        };
    }

    private static String address(HttpServerRequest request) {
        SocketAddress remote = request.remoteAddress();
        return remote == null ? "an unknown address" : remote.host();
    }
}
