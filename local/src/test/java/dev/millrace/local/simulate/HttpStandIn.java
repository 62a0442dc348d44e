package dev.millrace.local.simulate;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** One that takes {@code POST /sensors}. */
final class HttpStandIn implements StandIn {

    private static final String SCHEME = "Bearer ";

    private final HttpServer server;

    HttpStandIn(Vertx vertx, int port, Judge judge) {
        server = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> {
                    if (!"/sensors".equals(request.path())) {
                        request.response().setStatusCode(404).end();
                        return;
                    }
                    switch (judge.of(body.toJsonObject(), key(request))) {
                        case ACKNOWLEDGED ->
                            request.response().setStatusCode(202).end("{\"accepted\":1}");
                        case REFUSED -> request.response().setStatusCode(503).end();
                        case UNANSWERED -> {}
                    }
                }))
                .listen(port, "127.0.0.1")
                .await();
    }

    private static Optional<String> key(HttpServerRequest request) {
        return Optional.ofNullable(request.getHeader("Authorization"))
                .filter(header -> header.startsWith(SCHEME))
                .map(header -> header.substring(SCHEME.length()));
    }

    @Override
    public int port() {
        return server.actualPort();
    }

    @Override
    public void close() {
        server.close().await();
    }
}
