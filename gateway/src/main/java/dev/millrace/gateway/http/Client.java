package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Cut;
import dev.millrace.gateway.auth.Credentials;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One connection of a client, as the {@link ConnectionWatch} sees it. Confined to its event loop. */
abstract sealed class Client permits Http1Client, Http2Client {

    /** For a year; what is below the gateway's name is not the gateway's to speak for (RFC 6797). */
    static final String HSTS = "max-age=31536000";

    final ChannelHandlerContext channel;
    final ConnectionWatch.Terms terms;
    private final boolean secure;
    private final Credentials shown;

    /**
     * A connection that was just opened.
     *
     * @param secure whether it is one of TLS
     * @param shown who its client is, by the certificate that it showed
     */
    Client(ChannelHandlerContext channel, ConnectionWatch.Terms terms, boolean secure, Credentials shown) {
        this.channel = channel;
        this.terms = terms;
        this.secure = secure;
        this.shown = shown;
    }

    /** A request's head has come. Answers whether it may be handled: if not, it has been answered. */
    abstract boolean began(HttpServerRequest head, long now);

    /** Throws away what is still to come of the body of a request that has its answer; whoever sends too much is cut off. */
    abstract void discard(HttpServerRequest answered);

    /** The rest of a request's body is not wanted, for it would be too much: to be called before the answer. */
    abstract void stopBody(HttpServerRequest answered);

    /** Asks it to send no more requests on this connection, which ends when the answers that it gets were read. */
    abstract void closeAfterwards(HttpServerRequest answered);

    /** Whether an answer told it that the connection ends, so that nothing that it sends after that is taken. */
    abstract boolean isClosing();

    /** Answers what is no HTTP. */
    abstract void refuse(HttpServerRequest request, Problem problem);

    /** Looks whether something takes too long. */
    abstract void look(long now);

    /** Whether it is one of TLS. */
    final boolean isSecure() {
        return secure;
    }

    /** Who it is, by the certificate that it showed. */
    final Credentials shown() {
        return shown;
    }

    /** Its address. */
    final @Nullable InetAddress address() {
        return channel.channel().remoteAddress() instanceof InetSocketAddress socket ? socket.getAddress() : null;
    }

    final void cut(Cut reason) {
        terms.metrics().cut(reason);
        closeNow(channel);
    }

    /**
     * Closes a connection without waiting for what is still to be written: nobody may be there to read it. Vert.x would wait
     * for it, but its handler is not asked when its own context is closed.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    static void closeNow(ChannelHandlerContext channel) {
        channel.close();
    }
}
