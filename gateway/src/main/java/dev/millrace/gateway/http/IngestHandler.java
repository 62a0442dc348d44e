package dev.millrace.gateway.http;

import dev.millrace.gateway.http.BodyReader.Body;
import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.Ingestor;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** {@code POST /sensors}: answers 202 only when the stream holds every reading (G1). */
final class IngestHandler {

    private final Ingestor ingestor;
    private final BodyReader bodies;

    IngestHandler(Ingestor ingestor, BodyReader bodies) {
        this.ingestor = ingestor;
        this.bodies = bodies;
    }

    void handle(Exchange exchange) {
        HttpServerRequest request = exchange.context().request();
        if (!isJson(request.getHeader("content-type"))) {
            exchange.problem(Problem.of(Problem.Code.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json."));
            return;
        }
        String encoding = request.getHeader("content-encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            exchange.problem(
                    Problem.of(Problem.Code.UNSUPPORTED_MEDIA_TYPE, "The body must not have a content encoding."));
            return;
        }
        bodies.read(request)
                .onSuccess(body -> {
                    switch (body) {
                        case Body.Complete(byte[] bytes) -> ingest(exchange, bytes);
                        case Body.TooLarge(int limit) -> {
                            // what is left of the body is not worth reading for the sake of the connection
                            exchange.closeAfterwards();
                            exchange.problem(Problem.of(
                                    Problem.Code.TOO_LARGE, "A body must have at most " + limit + " bytes."));
                        }
                        case Body.NoRoom() ->
                            exchange.problem(Problem.retry(
                                    Problem.Code.OVERLOADED, "There is no room for the body at present.", 1));
                    }
                })
                .onFailure(_ -> {
                    // the connection broke: there is nobody to answer
                });
    }

    private void ingest(Exchange exchange, byte[] body) {
        ingestor.ingest(body)
                .onSuccess(result -> {
                    if (result instanceof IngestOutcome.ShuttingDown) {
                        // the next request must find another process, not this connection
                        exchange.closeAfterwards();
                    }
                    switch (IngestAnswers.of(result)) {
                        case IngestAnswers.Answer.Ok(String json) -> exchange.json(202, json);
                        case IngestAnswers.Answer.Failed(Problem problem) -> exchange.problem(problem);
                    }
                })
                .onFailure(exchange.context()::fail);
    }

    /** Whether it is application/json, with parameters or without; JSON is UTF-8 whatever a charset says. */
    private static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        return type.strip().equalsIgnoreCase("application/json");
    }
}
