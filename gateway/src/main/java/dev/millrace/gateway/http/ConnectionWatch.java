package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts off clients that are too slow: those that send a head or a body byte by byte to hold a connection, those that do
 * nothing, and those that do not read their answers. It looks at all connections of one event loop at an interval, and so
 * costs a request two assignments and no timer. A connection has one of these states:
 *
 * <pre>
 *   waiting for a head ──▶ reading the body ──▶ being answered ──▶ answer on its way ──▶ waiting for a head
 *     IDLE_TIMEOUT          REQUEST_TIMEOUT       our own time        REQUEST_TIMEOUT
 * </pre>
 *
 * <p>On a connection of HTTP/2 that is each stream's matter ({@link Http2Client}), and a stream that is too slow ends alone.
 *
 * <p>A request may be answered before its body has come, refused or too large. The rest of the body is read and thrown away then,
 * so that a sender that looks for the answer only when it has sent everything gets it rather than a reset; in the request's own
 * time, and up to a number of bytes. Where the answer ends the connection, only for as long as something comes.
 *
 * <p>Confined to its event loop.
 */
final class ConnectionWatch {

    /** The longest time between two looks; a limit is overrun by no more. */
    private static final Duration MAX_INTERVAL = Duration.ofSeconds(1);

    /**
     * What clients may take.
     *
     * @param requestTimeout nanoseconds to send a request, and again to read the answer
     * @param idleTimeout nanoseconds without a request
     * @param maxDiscarded the most bytes of a body that come after the answer to it; whoever sends more is cut off
     */
    record Terms(long requestTimeout, long idleTimeout, long maxDiscarded, GatewayMetrics metrics) {}

    private final Terms terms;
    private final Map<HttpConnection, Client> clients = new HashMap<>();

    /** @param maxDiscarded the most bytes of a body that come after the answer to it; whoever sends more is cut off */
    ConnectionWatch(HttpLimits limits, long maxDiscarded, GatewayMetrics metrics) {
        this.terms = new Terms(
                limits.requestTimeout().toNanos(), limits.idleTimeout().toNanos(), maxDiscarded, metrics);
    }

    /** How often to look, so that a limit is overrun by a quarter at most. */
    static Duration interval(HttpLimits limits) {
        Duration shortest = limits.requestTimeout().compareTo(limits.idleTimeout()) < 0
                ? limits.requestTimeout()
                : limits.idleTimeout();
        Duration quarter = shortest.dividedBy(4);
        return quarter.compareTo(MAX_INTERVAL) < 0 ? quarter : MAX_INTERVAL;
    }

    /** A connection was opened. */
    void add(HttpConnection connection, Client client) {
        clients.put(connection, client);
    }

    void remove(HttpConnection connection) {
        clients.remove(connection);
    }

    /** What its clients may take. */
    Terms terms() {
        return terms;
    }

    /** Who sends a request. */
    Client client(HttpServerRequest request) {
        Client client = clients.get(request.connection());
        if (client == null) {
            throw new IllegalStateException("a request on a connection that was not opened");
        }
        return client;
    }

    /** Looks at every connection. */
    void look(long now) {
        // a copy: to close a channel may take its connection out of the map
        List.copyOf(clients.values()).forEach(client -> client.look(now));
    }
}
