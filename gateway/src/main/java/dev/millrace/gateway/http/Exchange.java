package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Actor;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.http.QueryParameters.BadParameter;
import dev.millrace.gateway.ingest.SensorScope;
import dev.millrace.gateway.query.StoreUnavailable;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

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

    /** Answers with the JSON, or with {@code missing} where there is none, or 503 where the store cannot answer. */
    void answer(Future<Optional<String>> json, Problem missing) {
        json.onSuccess(found -> found.ifPresentOrElse(body -> json(200, body), () -> problem(missing)))
                .onFailure(cause -> {
                    if (cause instanceof StoreUnavailable) {
                        problem(Problem.retry(
                                Problem.Code.STORE_UNAVAILABLE, "What is stored cannot be reached at present.", 1));
                    } else {
                        context.fail(cause);
                    }
                });
    }

    /** A part of the path that is a UUID in its usual form; empty where it is something else. */
    Optional<UUID> pathUuid(String name) {
        String text = context.pathParam(name);
        try {
            return text == null || text.length() != 36 ? Optional.empty() : Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** Who asks, for the audit; of a route that asks who it is. */
    Actor actor() {
        Principal who = principal.orElseThrow();
        return new Actor(who.name(), who.role(), Gate.address(context.request()));
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
