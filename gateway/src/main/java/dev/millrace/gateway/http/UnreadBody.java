package dev.millrace.gateway.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;

/**
 * The body of a request that is answered without it. It is read and thrown away, so that a sender that looks for the answer only
 * when it has sent everything gets it rather than a reset, and the connection can be used again; within bounds, so that nobody
 * sends for ever. Confined to its connection's event loop.
 */
final class UnreadBody {

    /** How long a sender that waited for a word before the body has to read the answer, before its connection is closed. */
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final int maxBytes;
    private final Duration patience;
    private final boolean announced;
    private long read;

    /**
     * The body of a fresh request.
     *
     * @param maxBytes whoever sends more is cut off
     * @param patience how long it may take
     */
    UnreadBody(Vertx vertx, HttpServerRequest request, int maxBytes, Duration patience) {
        this.vertx = vertx;
        this.request = request;
        this.maxBytes = maxBytes;
        this.patience = patience;
        String length = request.getHeader("content-length");
        announced = (length != null && !length.equals("0")) || request.headers().contains("transfer-encoding");
    }

    /**
     * Whether the sender asked to be told whether to send it: told no, it may send it all the same or not (RFC 9110, 10.1.1), so
     * what comes next on the connection could be either, and the connection must end.
     */
    boolean mayNeverCome() {
        return announced && request.headers().contains("expect", "100-continue", true);
    }

    /** To be called when the answer is written. */
    void discard() {
        if (!announced) {
            return;
        }
        Duration limit = mayNeverCome() ? GOODBYE : patience;
        long timer = vertx.setTimer(limit.toMillis(), _ -> cut());
        request.handler(chunk -> {
            read += chunk.length();
            if (read > maxBytes) {
                cut();
            }
        });
        request.endHandler(_ -> {
            vertx.cancelTimer(timer);
            if (mayNeverCome()) {
                cut();
            }
        });
        request.exceptionHandler(_ -> vertx.cancelTimer(timer));
    }

    private void cut() {
        if (request.version() == HttpVersion.HTTP_2) {
            // others share the connection
            request.response().reset();
        } else {
            request.connection().close();
        }
    }
}
