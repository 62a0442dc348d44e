package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.GatewayMetrics.Cut;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
 * <p>A request may be answered before its body has come, refused or too large. The rest of the body is read and thrown away then,
 * so that a sender that looks for the answer only when it has sent everything gets it rather than a reset; in the request's own
 * time, and up to a number of bytes. Where the answer ends the connection, only for as long as something comes.
 *
 * <p>Confined to its event loop.
 */
final class ConnectionWatch {

    /** The longest time between two looks; a limit is overrun by no more. */
    private static final Duration MAX_INTERVAL = Duration.ofSeconds(1);

    private final long requestTimeout;
    private final long idleTimeout;
    private final long maxDiscarded;
    private final GatewayMetrics metrics;
    private final Map<HttpConnection, Client> clients = new HashMap<>();

    /** @param maxDiscarded the most bytes of a body that come after the answer to it; whoever sends more is cut off */
    ConnectionWatch(HttpLimits limits, long maxDiscarded, GatewayMetrics metrics) {
        this.maxDiscarded = maxDiscarded;
        this.requestTimeout = limits.requestTimeout().toNanos();
        this.idleTimeout = limits.idleTimeout().toNanos();
        this.metrics = metrics;
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
    void add(HttpConnection connection, ChannelHandlerContext channel, long now) {
        clients.put(connection, new Client(channel, now));
    }

    void remove(HttpConnection connection) {
        clients.remove(connection);
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
        List.copyOf(clients.values()).forEach(client -> look(client, now));
    }

    private void look(Client client, long now) {
        HttpServerRequest request = client.request;
        if (request == null) {
            if (now - client.since > idleTimeout) {
                cut(client, Cut.IDLE);
            }
            return;
        }
        boolean bodyComes = !request.isEnded() && !client.refused;
        if (!request.response().ended() && !client.refused) {
            if (bodyComes && now - client.since > requestTimeout) {
                cut(client, Cut.SLOW_REQUEST);
            }
        } else if (client.hasUnreadBytes()) {
            if (!client.unread) {
                client.unread = true;
                client.since = now;
            } else if (now - client.since > requestTimeout) {
                cut(client, Cut.UNREAD_ANSWER);
            }
        } else if (client.closing) {
            lookAtEnding(client, now);
        } else if (bodyComes) {
            if (now - client.since > requestTimeout) {
                cut(client, Cut.SLOW_REQUEST);
            }
        } else {
            client.request = null;
            client.since = now;
        }
    }

    /**
     * Closes a connection whose last answer was read, when nothing came between two looks: closed at once, with bytes of the
     * sender's that nobody read, the kernel would send a reset, and that may overtake the answer.
     */
    private void lookAtEnding(Client client, long now) {
        if (client.discardedBefore < 0) {
            client.since = now;
        } else if (client.discarded == client.discardedBefore) {
            closeNow(client.channel);
        } else if (now - client.since > requestTimeout) {
            cut(client, Cut.SLOW_REQUEST);
        }
        client.discardedBefore = client.discarded;
    }

    private void cut(Client client, Cut reason) {
        metrics.cut(reason);
        closeNow(client.channel);
    }

    /**
     * Closes a connection without waiting for what is still to be written: nobody may be there to read it. Vert.x would wait
     * for it, but its handler is not asked when its own context is closed.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    static void closeNow(ChannelHandlerContext channel) {
        channel.close();
    }

    /** One connection. */
    final class Client {
        private final ChannelHandlerContext channel;
        private @Nullable HttpServerRequest request;
        private long since;
        private boolean unread;
        private boolean refused;
        /** Its answers, or the last of them, say that the connection ends. */
        private boolean closing;
        /** Bytes of the body thrown away, and how many they were when they were last looked at; -1: not yet. */
        private long discarded;

        private long discardedBefore = -1;

        Client(ChannelHandlerContext channel, long now) {
            this.channel = channel;
            this.since = now;
        }

        /** Its address. */
        @Nullable
        InetAddress address() {
            return channel.channel().remoteAddress() instanceof InetSocketAddress socket ? socket.getAddress() : null;
        }

        /** A request's head has come. */
        void began(HttpServerRequest head, long now) {
            request = head;
            since = now;
            unread = false;
            discarded = 0;
        }

        /** Throws away what is still to come of the body of a request that has its answer; whoever sends too much is cut off. */
        void discard(HttpServerRequest answered) {
            answered.handler(chunk -> {
                long before = discarded;
                discarded += chunk.length();
                if (before <= maxDiscarded && discarded > maxDiscarded) {
                    cut(this, Cut.UNWANTED_BODY);
                }
            });
            answered.endHandler(_ -> {});
        }

        /** Asks it to close the connection once it has the answer; if it does not, it is closed a little later. */
        void closeAfterwards(HttpServerRequest answered) {
            closing = true;
            answered.response().putHeader("connection", "close");
        }

        /** Whether an answer told it that the connection ends, so that nothing that it sends after that is taken. */
        boolean isClosing() {
            return closing;
        }

        /**
         * Answers what is no HTTP, and ends the connection when the answer was read. It is written behind Vert.x' back: Vert.x
         * would answer in the version of HTTP that the sender made up, and close before the sender has read it.
         */
        @SuppressWarnings("FutureReturnValueIgnored") // a client that cannot be told is closed all the same
        void refuse(Problem problem) {
            refused = true;
            closing = true;
            String body = problem.toJson();
            String answer =
                    "HTTP/1.1 " + problem.code().status() + " Bad Request\r\ncontent-type: application/problem+json\r\n"
                            + "content-length: " + body.length() + "\r\nconnection: close\r\n\r\n" + body;
            channel.pipeline()
                    .context("httpEncoder")
                    .writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII));
        }

        private boolean hasUnreadBytes() {
            ChannelOutboundBuffer pending = channel.channel().unsafe().outboundBuffer();
            return pending != null && pending.totalPendingWriteBytes() > 0;
        }
    }
}
