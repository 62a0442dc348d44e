package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;

/**
 * MQTT in the binary frames of a WebSocket (RFC 6455; MQTT 5, 6): the bytes of the frames in their order are the connection's, wherever
 * a frame ends. They are passed on as they come, so a frame may be of any length: what is kept of one is its head, and the payload of
 * a ping.
 *
 * <p>A client that breaks the rules is told so in a close frame, after what MQTT has to say. Confined to the channel's event loop.
 */
final class WebSocketFrames extends ChannelDuplexHandler {

    /** Why a connection ends (7.4.1). */
    private enum CloseCode {
        NORMAL(1000),
        PROTOCOL_ERROR(1002),
        UNACCEPTABLE(1003);

        private final int code;

        CloseCode(int code) {
            this.code = code;
        }
    }

    private final ChannelHandlerContext packets;
    private final WebSocketHead head = new WebSocketHead();
    private final byte[] control = new byte[WebSocketHead.MAX_CONTROL_BYTES];
    private int controlLength;
    private int mask;
    private long remaining;
    private CloseCode closeCode = CloseCode.NORMAL;
    private boolean ended;
    private boolean closedByClient;
    private boolean closeSent;
    private boolean pongWritten;

    /** @param packets the handler that the connection's bytes are for */
    WebSocketFrames(ChannelHandlerContext packets) {
        this.packets = packets;
    }

    /** The payloads are put together in the buffer that they came in: nothing is copied elsewhere, nothing else is held. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (ended || !(message instanceof ByteBuf bytes)) {
            ReferenceCountUtil.release(message);
            return;
        }
        int start = bytes.readerIndex();
        int end = bytes.writerIndex();
        int from = start;
        int to = start;
        while (from < end && !ended) {
            if (remaining == 0) {
                head(context, bytes.getUnsignedByte(from));
                from++;
                continue;
            }
            int length = (int) Math.min(remaining, end - from);
            if (head.isControl()) {
                bytes.getBytes(from, control, controlLength, length);
                controlLength += length;
            } else {
                unmask(bytes, from, to, length);
                to += length;
            }
            from += length;
            remaining -= length;
            if (remaining == 0 && head.isControl()) {
                control(context);
            }
        }
        bytes.setIndex(start, to);
        if (bytes.isReadable()) {
            context.fireChannelRead(bytes);
        } else {
            bytes.release();
        }
        if (closedByClient) {
            leaveSoon(context);
        } else if (ended) {
            packets.fireChannelRead(new Packet.Broken(ReasonCode.PROTOCOL_ERROR));
        }
    }

    private void head(ChannelHandlerContext context, int next) {
        switch (head.take(next)) {
            case INCOMPLETE -> {
                // its next byte is to come
            }
            case COMPLETE -> {
                mask = head.mask();
                remaining = head.length();
                controlLength = 0;
                if (remaining == 0 && head.isControl()) {
                    control(context);
                }
            }
            case PROTOCOL_ERROR -> end(CloseCode.PROTOCOL_ERROR);
            case UNACCEPTABLE -> end(CloseCode.UNACCEPTABLE);
        }
    }

    /** Takes nothing more of what the client sends. */
    private void end(CloseCode code) {
        ended = true;
        closeCode = code;
    }

    /** Takes the mask (5.3) from bytes, and moves them forward. */
    private void unmask(ByteBuf bytes, int from, int to, int length) {
        long twice = ((long) mask << 32) | (mask & 0xffff_ffffL);
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            bytes.setLong(to + i, bytes.getLong(from + i) ^ twice);
        }
        for (; i < length; i++) {
            bytes.setByte(to + i, bytes.getByte(from + i) ^ mask >>> 24);
            mask = Integer.rotateLeft(mask, 8);
        }
    }

    /** A frame about the connection has come. */
    private void control(ChannelHandlerContext context) {
        switch (head.opcode()) {
            case WebSocketHead.PING -> pong(context);
            case WebSocketHead.CLOSE -> {
                end(controlLength == 1 ? CloseCode.PROTOCOL_ERROR : CloseCode.NORMAL);
                closedByClient = controlLength != 1;
            }
            default -> {
                // a pong that nobody asked for (5.5.3)
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a client that cannot be told is gone
    private void pong(ChannelHandlerContext context) {
        if (closeSent || !context.channel().isWritable()) {
            // of a client that does not read its pongs, no more of them pile up; the next one that it reads will do
            // (5.5.3)
            return;
        }
        ByteBuf pong = context.alloc().buffer(2 + controlLength);
        pong.writeByte(WebSocketHead.FIN | WebSocketHead.PONG).writeByte(controlLength);
        for (int i = 0; i < controlLength; i++) {
            pong.writeByte(control[i] ^ mask >>> 24);
            mask = Integer.rotateLeft(mask, 8);
        }
        context.write(pong);
        pongWritten = true;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (pongWritten) {
            pongWritten = false;
            context.flush();
        }
        context.fireChannelReadComplete();
    }

    /** The client has closed. What came before is handled first, which may have to wait; and its answers are sent. */
    private void leaveSoon(ChannelHandlerContext context) {
        context.executor().execute(() -> {
            if (context.channel().config().isAutoRead()) {
                close(context, context.newPromise());
            }
        });
    }

    /** Reading goes on: everything that came has been handled. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (closedByClient && context.channel().config().isAutoRead()) {
            leaveSoon(context);
        }
        context.read();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise of the bytes tells it
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (!(message instanceof ByteBuf bytes)) {
            context.write(message, promise);
            return;
        }
        if (ClientChannel.isEnd(bytes)) {
            writeClose(context);
        } else if (closeSent) {
            // nothing may follow (5.5.1)
            bytes.release();
            promise.tryFailure(new ClosedChannelException());
            return;
        } else if (bytes.isReadable()) {
            context.write(headOf(context, bytes.readableBytes()));
        }
        context.write(bytes, promise);
    }

    private static ByteBuf headOf(ChannelHandlerContext context, int length) {
        ByteBuf frameHead = context.alloc().buffer(10).writeByte(WebSocketHead.FIN | WebSocketHead.BINARY);
        if (length <= WebSocketHead.MAX_CONTROL_BYTES) {
            return frameHead.writeByte(length);
        }
        return length <= 0xffff
                ? frameHead.writeByte(126).writeShort(length)
                : frameHead.writeByte(127).writeLong(length);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a client that cannot be told is gone
    private void writeClose(ChannelHandlerContext context) {
        if (!closeSent) {
            closeSent = true;
            context.write(context.alloc()
                    .buffer(4)
                    .writeByte(WebSocketHead.FIN | WebSocketHead.CLOSE)
                    .writeByte(2)
                    .writeShort(closeCode.code));
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise tells it
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        writeClose(context);
        context.flush();
        context.close(promise);
    }
}
