package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.GatewayMetrics.Route;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/**
 * The one way to answer a request: counts the answer, writes it unless the connection is gone, and has the watch throw away what
 * is still to come of the request's body. Of one event loop.
 */
record Answers(GatewayMetrics metrics, ConnectionWatch watch) {

    Future<Void> problem(HttpServerRequest request, Route route, Problem problem) {
        problem.retryAfter()
                .ifPresent(seconds -> request.response().putHeader("retry-after", Integer.toString(seconds)));
        return send(
                request, route, problem.code().status(), "application/problem+json", Buffer.buffer(problem.toJson()));
    }

    /**
     * The future ends when the answer is with the network, or the connection is gone.
     *
     * @param type the body's media type; empty where there is none
     */
    Future<Void> send(HttpServerRequest request, Route route, int status, String type, Buffer body) {
        metrics.request(route, status);
        HttpServerResponse response = request.response();
        if (response.ended() || response.closed()) {
            return Future.succeededFuture();
        }
        boolean bodyComes = !request.isEnded();
        if (bodyComes && asksBeforeTheBody(request)) {
            // whether the body will come is the sender's choice now: the next bytes could be a body or a request
            stopBody(request);
        }
        if (!type.isEmpty()) {
            response.putHeader("content-type", type);
        }
        Future<Void> written = response.setStatusCode(status)
                .putHeader("x-content-type-options", "nosniff")
                .end(body);
        if (bodyComes) {
            watch.client(request).discard(request);
        }
        return written;
    }

    /** The rest of the request's body is not worth reading for the sake of the connection: to be called before the answer. */
    void stopBody(HttpServerRequest request) {
        watch.client(request).stopBody(request);
    }

    /** Asks the client to close the connection once it has the answer; if it does not, it is closed a little later. */
    void closeAfterwards(HttpServerRequest request) {
        watch.client(request).closeAfterwards(request);
    }

    /**
     * Whether the sender waits for a word before it sends the body: told no, it may send it all the same or not. Of HTTP/1.0 it
     * does not count (RFC 9110, 10.1.1).
     */
    static boolean asksBeforeTheBody(HttpServerRequest request) {
        return request.version() != HttpVersion.HTTP_1_0 && request.headers().contains("expect", "100-continue", true);
    }
}
