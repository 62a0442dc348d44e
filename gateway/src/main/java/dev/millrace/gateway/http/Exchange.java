package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.http.QueryParameters.BadParameter;
import dev.millrace.gateway.ingest.SensorScope;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.Set;

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

    /** The future ends when the answer is with the network, or the connection is gone. */
    Future<Void> json(int status, String body) {
        return send(status, "application/json", Buffer.buffer(body));
    }

    Future<Void> problem(Problem problem) {
        return answers.problem(context.request(), route, problem);
    }

    Future<Void> send(int status, String type, Buffer body) {
        return answers.send(context.request(), route, status, type, body);
    }

    /** The rest of the request's body is not worth reading for the sake of the connection: to be called before the answer. */
    void stopBody() {
        answers.stopBody(context.request());
    }

    /**
     * The query parameters.
     *
     * @throws BadParameter if one is none of {@code known} or occurs twice
     */
    QueryParameters parameters(Set<String> known) throws BadParameter {
        return new QueryParameters(context.queryParams(), known);
    }

    /** Answers that a parameter is wrong. */
    Future<Void> malformed(BadParameter wrong) {
        return problem(Problem.of(Problem.Code.MALFORMED, String.valueOf(wrong.getMessage())));
    }

    /** Throws away what is still to come of the body. */
    void discardBody() {
        answers.watch().client(context.request()).discard(context.request());
    }

    /** Asks the client to close the connection once it has the answer. */
    void closeAfterwards() {
        answers.closeAfterwards(context.request());
    }
}
