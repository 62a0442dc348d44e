package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics.Cut;
import dev.millrace.gateway.auth.Credentials;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.ssl.SslHandler;
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
    private boolean ending;

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

    /** Looks whether something takes too long; at one that is being closed no more, which may take a while. */
    final void look(long now) {
        if (!ending) {
            lookAtOpen(now);
        }
    }

    /** Looks whether something takes too long on a connection that nobody here has ended. */
    abstract void lookAtOpen(long now);

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

    /** Cuts it off; counted once, whatever else it has done wrong. */
    final void cut(Cut reason) {
        if (!ending) {
            terms.metrics().cut(reason);
            end();
        }
    }

    /** Closes it, and looks at it no more. */
    final void end() {
        ending = true;
        closeNow(channel);
    }

    /**
     * Closes a connection without waiting for what is still to be written: nobody may be there to read it. Vert.x would wait
     * for it, but its handler is not asked when its own context is closed. TLS would wait too, to say farewell behind it: where
     * something is left unread, it is not asked either.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    static void closeNow(ChannelHandlerContext channel) {
        ChannelHandlerContext tls = channel.pipeline().context(SslHandler.class);
        (tls != null && hasUnreadBytes(channel) ? tls : channel).close();
    }

    /** Whether there is something that the client has not taken yet, and the kernel has no room for. */
    static boolean hasUnreadBytes(ChannelHandlerContext channel) {
        ChannelOutboundBuffer pending = channel.channel().unsafe().outboundBuffer();
        return pending != null && pending.totalPendingWriteBytes() > 0;
    }
}
