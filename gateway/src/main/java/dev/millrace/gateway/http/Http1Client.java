package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Cut;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Credentials;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A connection of HTTP/1: one request after the other. */
final class Http1Client extends Client {

    private @Nullable HttpServerRequest request;
    private long since;
    private boolean unread;
    private boolean refused;
    /** Its answers, or the last of them, say that the connection ends. */
    private boolean closing;
    /** Bytes of the body thrown away, and how many they were when they were last looked at; -1: not yet. */
    private long discarded;

    private long discardedBefore = -1;

    Http1Client(
            ChannelHandlerContext channel, ConnectionWatch.Terms terms, boolean secure, Credentials shown, long now) {
        super(channel, terms, secure, shown);
        this.since = now;
    }

    @Override
    boolean began(HttpServerRequest head, long now) {
        request = head;
        since = now;
        unread = false;
        discarded = 0;
        return true;
    }

    @Override
    void discard(HttpServerRequest answered) {
        answered.handler(chunk -> {
            long before = discarded;
            discarded += chunk.length();
            if (before <= terms.maxDiscarded() && discarded > terms.maxDiscarded()) {
                cut(Cut.UNWANTED_BODY);
            }
        });
        answered.endHandler(_ -> {});
    }

    /** There is no other way to stop a body than to end the connection. */
    @Override
    void stopBody(HttpServerRequest answered) {
        closeAfterwards(answered);
    }

    /** If it does not close the connection, that is closed a little later. */
    @Override
    void closeAfterwards(HttpServerRequest answered) {
        closing = true;
        answered.response().putHeader("connection", "close");
    }

    @Override
    boolean isClosing() {
        return closing;
    }

    /**
     * Ends the connection when the answer was read. It is written behind Vert.x' back: Vert.x would answer in the version of HTTP
     * that the sender made up, and close before the sender has read it.
     */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a client that cannot be told is closed all the same
    void refuse(HttpServerRequest malformed, Problem problem) {
        terms.metrics().request(Route.OTHER, problem.code().status());
        refused = true;
        closing = true;
        String body = problem.toJson();
        String answer =
                "HTTP/1.1 " + problem.code().status() + " Bad Request\r\ncontent-type: application/problem+json\r\n"
                        + (isSecure() ? "strict-transport-security: " + HSTS + "\r\n" : "")
                        + "content-length: " + body.length() + "\r\nconnection: close\r\n\r\n" + body;
        channel.pipeline()
                .context("httpEncoder")
                .writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII));
    }

    @Override
    void lookAtOpen(long now) {
        HttpServerRequest current = request;
        if (current == null) {
            if (now - since > terms.idleTimeout()) {
                cut(Cut.IDLE);
            }
            return;
        }
        boolean bodyComes = !current.isEnded() && !refused;
        if (!current.response().ended() && !refused) {
            if (bodyComes && now - since > terms.requestTimeout()) {
                cut(Cut.SLOW_REQUEST);
            }
        } else if (hasUnreadBytes(channel)) {
            if (!unread) {
                unread = true;
                since = now;
            } else if (now - since > terms.requestTimeout()) {
                cut(Cut.UNREAD_ANSWER);
            }
        } else if (closing) {
            lookAtEnding(now);
        } else if (bodyComes) {
            if (now - since > terms.requestTimeout()) {
                cut(Cut.SLOW_REQUEST);
            }
        } else {
            request = null;
            since = now;
        }
    }

    /**
     * Closes a connection whose last answer was read, when nothing came between two looks: closed at once, with bytes of the
     * sender's that nobody read, the kernel would send a reset, and that may overtake the answer.
     */
    private void lookAtEnding(long now) {
        if (discardedBefore < 0) {
            since = now;
        } else if (discarded == discardedBefore) {
            end();
        } else if (now - since > terms.requestTimeout()) {
            cut(Cut.SLOW_REQUEST);
        }
        discardedBefore = discarded;
    }
}
