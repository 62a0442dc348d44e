package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.ingest.SensorScope;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * One request being answered: writes the answer, unless the connection is gone, and counts it.
 *
 * @param principal who sends it; empty where nobody is asked who they are
 */
record Exchange(RoutingContext context, Route route, GatewayMetrics metrics, Optional<Principal> principal) {

    /** Which sensors' readings are taken from the sender. */
    SensorScope scope() {
        return principal.map(Principal::scope).orElse(_ -> false);
    }

    void json(int status, String body) {
        send(status, "application/json", body);
    }

    void problem(Problem problem) {
        problem.retryAfter()
                .ifPresent(seconds -> context.response().putHeader("retry-after", Integer.toString(seconds)));
        send(problem.code().status(), "application/problem+json", problem.toJson());
    }

    /** Closes the connection once the answer is sent. */
    void closeAfterwards() {
        context.response().putHeader("connection", "close");
    }

    private void send(int status, String type, String body) {
        metrics.request(route, status);
        HttpServerResponse response = context.response();
        if (!response.ended() && !response.closed()) {
            response.setStatusCode(status)
                    .putHeader("content-type", type)
                    .putHeader("x-content-type-options", "nosniff")
                    .end(body);
        }
    }
}
