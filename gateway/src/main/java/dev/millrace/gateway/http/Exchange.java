package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.ingest.SensorScope;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * One request being answered.
 *
 * @param principal who sends it; empty where nobody is asked who they are
 */
record Exchange(RoutingContext context, Route route, Answers answers, Optional<Principal> principal) {

    /** Which sensors' readings are taken from the sender. */
    SensorScope scope() {
        return principal.map(Principal::scope).orElse(_ -> false);
    }

    void json(int status, String body) {
        send(status, "application/json", Buffer.buffer(body));
    }

    void problem(Problem problem) {
        answers.problem(context.request(), route, problem);
    }

    void send(int status, String type, Buffer body) {
        answers.send(context.request(), route, status, type, body);
    }

    /** Asks the client to close the connection once it has the answer. */
    void closeAfterwards() {
        answers.closeAfterwards(context.request());
    }
}
