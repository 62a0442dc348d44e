package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.ingest.SensorScope;
import io.vertx.core.http.HttpServerRequest;
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
        answer(context.request(), route, metrics, problem);
    }

    /** Asks the client to close the connection once it has the answer; if it does not, it is closed a little later. */
    void closeAfterwards() {
        context.response().putHeader("connection", "close");
    }

    private void send(int status, String type, String body) {
        send(context.request(), route, metrics, status, type, body);
    }

    /** Answers a request that is not routed. */
    static void answer(HttpServerRequest request, Route route, GatewayMetrics metrics, Problem problem) {
        problem.retryAfter()
                .ifPresent(seconds -> request.response().putHeader("retry-after", Integer.toString(seconds)));
        send(request, route, metrics, problem.code().status(), "application/problem+json", problem.toJson());
    }

    private static void send(
            HttpServerRequest request, Route route, GatewayMetrics metrics, int status, String type, String body) {
        metrics.request(route, status);
        HttpServerResponse response = request.response();
        if (!response.ended() && !response.closed()) {
            if (!request.isEnded() && request.headers().contains("expect", "100-continue", true)) {
                // whether the body will come is the sender's choice now: the next bytes could be a body or a request
                response.putHeader("connection", "close");
            }
            response.setStatusCode(status)
                    .putHeader("content-type", type)
                    .putHeader("x-content-type-options", "nosniff")
                    .end(body);
        }
    }
}
