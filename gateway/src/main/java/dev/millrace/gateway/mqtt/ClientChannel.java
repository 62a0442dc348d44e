package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.limit.AddressRateLimit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.EmptyByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The way back to a client, and where that is. What is written in one turn of the event loop is sent together. Confined to it. */
final class ClientChannel {

    private static final ByteBuf END = new EmptyByteBuf(UnpooledByteBufAllocator.DEFAULT);

    private final ChannelHandlerContext context;
    private @Nullable ByteBuf out;

    /** @param context that of the handler whose channel it is */
    ClientChannel(ChannelHandlerContext context) {
        this.context = context;
    }

    /** What is to be sent, at the end of this turn. */
    ByteBuf out() {
        ByteBuf there = out;
        if (there == null) {
            there = context.alloc().buffer(256);
            out = there;
            context.executor().execute(this::flush);
        }
        return there;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a client that cannot be told is gone
    private void flush() {
        ByteBuf there = out;
        out = null;
        if (there != null) {
            context.writeAndFlush(there);
        }
    }

    /** Whether this, being written, is empty and says that nothing more will be written: for handlers on the way. */
    @SuppressWarnings("ReferenceEquality") // other buffers are empty too
    static boolean isEnd(ByteBuf written) {
        return written == END;
    }

    /** Whether the client reads what it is sent. */
    boolean isWritable() {
        return context.channel().isWritable();
    }

    /** Sends what is to be sent, and says that nothing more will come. */
    void end() {
        flush();
        if (context.channel() instanceof DuplexChannel duplex) {
            // behind what was written; where the output cannot be shut, there is nobody any more
            context.writeAndFlush(END).addListener(_ -> endTls().addListener(
                            _ -> duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE)));
        }
    }

    /** Says so within TLS too: without it an end could be anybody's who cuts the connection (RFC 8446, 6.1). */
    private ChannelFuture endTls() {
        SslHandler tls = context.pipeline().get(SslHandler.class);
        return tls == null ? context.newSucceededFuture() : tls.closeOutbound();
    }

    /** Closes it, with what is still to be sent where that goes at once. */
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be closed is closed
    void close() {
        flush();
        context.close();
    }

    /** It is closed. */
    void release() {
        if (out != null) {
            out.release();
            out = null;
        }
    }

    /** What the client's address is known by to the {@link AddressRateLimit}. */
    long addressKey() {
        InetAddress address = inetAddress();
        return address == null ? 0 : AddressRateLimit.key(address);
    }

    /** The client's address, for logs. */
    String address() {
        InetAddress address = inetAddress();
        return address == null ? "an unknown address" : address.getHostAddress();
    }

    private @Nullable InetAddress inetAddress() {
        return context.channel().remoteAddress() instanceof InetSocketAddress socket ? socket.getAddress() : null;
    }
}
