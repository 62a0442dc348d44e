package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Cut;
import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.Credentials;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.http.impl.Http2ServerRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A connection of HTTP/2: many requests at a time, each a stream. What is wrong with one ends that one: it is reset, and those
 * beside it, which may be other people's behind a proxy, go on. A stream has one of these states:
 *
 * <pre>
 *   reading the body ──▶ being answered ──▶ answer on its way ──▶ (closed)
 *    REQUEST_TIMEOUT      our own time       REQUEST_TIMEOUT
 * </pre>
 *
 * <p>The connection as a whole is cut off when it has no stream for too long, or takes nothing of what is sent for too long.
 */
final class Http2Client extends Client {

    /** How many streams a client may have open; it is told, but need not wait to hear it. */
    static final int MAX_STREAMS = 100;

    /** How many of them may be other than posts: an answer to a query may be large, and all wait here until they are read. */
    static final int MAX_QUERIES = 16;

    /** What a client may have sent of a body before it can know that it is not wanted: a stream's window. */
    static final int WINDOW = 256 * 1024;

    private static final Problem TOO_MANY_QUERIES =
            Problem.retry(Problem.Code.OVERLOADED, "This connection has too many queries at a time.", 1);

    /** One request. */
    private static final class Stream {
        private final HttpServerRequest request;
        private final boolean query;
        private long since;
        private boolean unread;
        private long discarded;
        /** Reset, which takes until the client lets it be told. */
        private boolean ending;

        Stream(HttpServerRequest request, long now) {
            this.request = request;
            this.query = !request.method().equals(HttpMethod.POST);
            this.since = now;
        }
    }

    private final HttpConnection connection;
    private final Answers answers;
    /** By their numbers: routes hand on requests in wrappers. */
    private final Map<Integer, Stream> streams = new HashMap<>();

    private int queries;
    private long idleSince;
    private boolean idle = true;
    private long unwritableSince;
    private boolean unwritable;
    private boolean leaving;

    Http2Client(
            HttpConnection connection,
            ChannelHandlerContext channel,
            ConnectionWatch.Terms terms,
            Answers answers,
            Credentials shown,
            long now) {
        super(channel, terms, true, shown);
        this.connection = connection;
        this.answers = answers;
        this.idleSince = now;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a stream that cannot be reset is closed
    boolean began(HttpServerRequest head, long now) {
        if (streams.size() >= MAX_STREAMS) {
            head.response().reset(Http2Error.REFUSED_STREAM.code());
            return false;
        }
        idle = false;
        Stream stream = new Stream(head, now);
        streams.put(head.response().streamId(), stream);
        queries += stream.query ? 1 : 0;
        head.response().closeHandler(_ -> closed(stream));
        if (queries > MAX_QUERIES) {
            answers.problem(head, Route.OTHER, TOO_MANY_QUERIES);
            return false;
        }
        return true;
    }

    private void closed(Stream stream) {
        if (streams.remove(stream.request.response().streamId()) != null) {
            queries -= stream.query ? 1 : 0;
        }
    }

    @Override
    void discard(HttpServerRequest answered) {
        answered.handler(chunk -> {
            Stream stream = streams.get(answered.response().streamId());
            if (stream != null && !stream.ending) {
                stream.discarded += chunk.length();
                if (stream.discarded > WINDOW) {
                    // it has its answer; no fault of its sender's (RFC 9113, 8.1)
                    reset(stream, Http2Error.NO_ERROR);
                }
            }
        });
        answered.endHandler(_ -> {});
    }

    /** {@link #discard} resets it soon. */
    @Override
    void stopBody(HttpServerRequest answered) {}

    /** What the client has sent before it hears of it is still taken. */
    @Override
    void closeAfterwards(HttpServerRequest answered) {
        if (!leaving) {
            leaving = true;
            connection.goAway(Http2Error.NO_ERROR.code(), Integer.MAX_VALUE);
        }
    }

    @Override
    boolean isClosing() {
        return false;
    }

    @Override
    void refuse(HttpServerRequest request, Problem problem) {
        answers.problem(request, Route.OTHER, problem);
    }

    @Override
    void lookAtOpen(long now) {
        if (isUnreadFor(now)) {
            cut(Cut.UNREAD_ANSWER);
        } else if (streams.isEmpty()) {
            lookAtIdle(now);
        } else {
            List.copyOf(streams.values()).forEach(stream -> look(stream, now));
        }
    }

    private void lookAtIdle(long now) {
        if (!idle) {
            idle = true;
            idleSince = now;
        } else if (leaving) {
            leave();
        } else if (now - idleSince > terms.idleTimeout()) {
            terms.metrics().cut(Cut.IDLE);
            leave();
        }
    }

    /** Says which stream was the last, so that the client knows that one which it sends at this moment was not taken. */
    private void leave() {
        connection.goAway(Http2Error.NO_ERROR.code());
        end();
    }

    /** Whether the client has taken nothing for too long, of anything. */
    private boolean isUnreadFor(long now) {
        boolean before = unwritable;
        unwritable = !channel.channel().isWritable();
        if (unwritable && !before) {
            unwritableSince = now;
        }
        return unwritable && now - unwritableSince > terms.requestTimeout();
    }

    private void look(Stream stream, long now) {
        if (stream.ending) {
            return;
        }
        boolean bodyComes = !stream.request.isEnded();
        boolean answered = stream.request.response().ended();
        if (bodyComes) {
            if (now - stream.since > terms.requestTimeout()) {
                terms.metrics().cut(Cut.SLOW_REQUEST);
                reset(stream, answered ? Http2Error.NO_ERROR : Http2Error.CANCEL);
            }
        } else if (answered) {
            // were it on its way, the stream would be closed: the client grants no room for it
            if (!stream.unread) {
                stream.unread = true;
                stream.since = now;
            } else if (now - stream.since > terms.requestTimeout()) {
                terms.metrics().cut(Cut.UNREAD_ANSWER);
                reset(stream, Http2Error.CANCEL);
            }
        }
    }

    /** Ends a stream, and tells whoever reads its body, which Vert.x would not. */
    @SuppressWarnings("FutureReturnValueIgnored") // a stream that cannot be reset is closed
    private static void reset(Stream stream, Http2Error code) {
        stream.ending = true;
        ((Http2ServerRequest) stream.request).handleException(new StreamResetException(code.code()));
        stream.request.response().reset(code.code());
    }
}
