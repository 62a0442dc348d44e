package dev.millrace.gateway.mqtt;

import dev.millrace.core.reading.Reading;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.mqtt.packet.Packet;
import dev.millrace.gateway.mqtt.packet.PacketDecoder;
import dev.millrace.gateway.mqtt.packet.ProtocolVersion;
import dev.millrace.gateway.mqtt.packet.ReasonCode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what a connection sends into packets, and reads no more of it than is wanted. A packet's length is looked at before anything
 * of it is kept; what is kept of one that is not complete is counted in the budget of all bodies being read.
 *
 * <p>{@link #pause} takes effect at once, between two packets too, and then the kernel's buffers fill and TCP holds the sender
 * back. Confined to the channel's event loop.
 */
final class PacketFramer extends ChannelInboundHandlerAdapter {

    /** The largest CONNECT: a will of one reading, and some. Of a stranger nothing larger is read. */
    static final int MAX_CONNECT_BYTES = Reading.MAX_BYTES + 4096;

    /** A buffer that is emptier than this is copied into a smaller one before it is kept. */
    private static final int MAX_SLACK = 512;

    /** Where packets are decoded; one for all connections of an event loop. */
    static final class Workplace {
        private final PacketDecoder decoder = new PacketDecoder();
        private byte[] bytes = new byte[4096];

        private byte[] fill(ByteBuf from, int index, int length) {
            if (bytes.length < length) {
                bytes = new byte[Math.max(length, 2 * bytes.length)];
            }
            from.getBytes(index, bytes, 0, length);
            return bytes;
        }
    }

    private final Workplace workplace;
    private final int maxPacketBytes;
    private BodyBudget.Share share;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ProtocolVersion version;
    private @Nullable ByteBuf held;
    private Runnable writabilityChanged = () -> {};
    private Runnable starving = () -> {};
    private long skip;
    private boolean paused;
    private boolean discarding;
    private boolean cutting;
    /** Whether there was no room for what is held: it is over the budget by a read at most. */
    private boolean starved;

    /**
     * A framer of a stranger's connection.
     *
     * @param maxPacketBytes the largest packet behind its length, once the CONNECT has come
     * @param strangers the memory for what strangers send
     */
    PacketFramer(Workplace workplace, int maxPacketBytes, BodyBudget strangers) {
        this.workplace = workplace;
        this.maxPacketBytes = maxPacketBytes;
        this.share = strangers.new Share();
    }

    /**
     * The CONNECT had this version; without it, a packet is taken for a CONNECT.
     *
     * @param bodies the memory for what clients send
     */
    void speak(ProtocolVersion spoken, BodyBudget bodies) {
        version = spoken;
        share.resize(0);
        share = bodies.new Share();
    }

    /** Tells when there is no room for what has come: nothing is read until {@link #findRoom}. */
    void whenStarved(Runnable listener) {
        starving = listener;
    }

    /** Whether there is no room for what has come. */
    boolean isStarved() {
        return starved;
    }

    /** Looks whether there is room now, and if so goes on. Not to be called while a packet is being handled. */
    void findRoom() {
        ChannelHandlerContext here = context;
        if (starved && here != null && held != null && share.resize(held.capacity())) {
            starved = false;
            if (!paused) {
                here.channel().config().setAutoRead(true);
            }
        }
    }

    /** Tells when the channel takes more to write, or no more. */
    void whenWritabilityChanges(Runnable listener) {
        writabilityChanged = listener;
    }

    /** Hands out no packet and reads nothing until {@link #resume}. */
    void pause() {
        paused = true;
        if (context != null) {
            context.channel().config().setAutoRead(false);
        }
    }

    /** Goes on with what is there, then with what comes. Not to be called while a packet is being handled. */
    void resume() {
        ChannelHandlerContext here = context;
        if (!paused || here == null) {
            return;
        }
        paused = false;
        cut(here);
        here.fireChannelReadComplete();
        if (!paused && !starved) {
            here.channel().config().setAutoRead(true);
        }
    }

    /** Throws away what is there and what comes: the connection is being closed. */
    void discard() {
        discarding = true;
        release();
        paused = false;
        if (context != null) {
            context.channel().config().setAutoRead(true);
        }
    }

    /** Whether a packet has begun and not ended, and it is the client that one waits for. */
    boolean isWithinPacket() {
        return !paused && !starved && (held != null || skip > 0);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        release();
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        discarding = true;
        release();
        inactive.fireChannelInactive();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        writabilityChanged.run();
        changed.fireChannelWritabilityChanged();
    }

    @Override
    public void channelRead(ChannelHandlerContext here, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            here.fireChannelRead(message);
            return;
        }
        if (discarding) {
            bytes.release();
            return;
        }
        held = held == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(here.alloc(), held, bytes);
        cut(here);
    }

    /** Hands out the packets that are there, as long as they are wanted. */
    private void cut(ChannelHandlerContext here) {
        if (cutting) {
            return;
        }
        cutting = true;
        try {
            while (!paused && !discarding && held != null && next(here, held)) {
                // one packet after the other
            }
        } finally {
            cutting = false;
        }
        keepRest(here);
    }

    /** Handles what is at the beginning of the bytes; answers whether to look at what follows. */
    private boolean next(ChannelHandlerContext here, ByteBuf bytes) {
        if (skip > 0) {
            int skipped = (int) Math.min(skip, bytes.readableBytes());
            bytes.skipBytes(skipped);
            skip -= skipped;
            return skip == 0 && bytes.isReadable();
        }
        int readable = bytes.readableBytes();
        if (readable < 2) {
            return false;
        }
        int start = bytes.readerIndex();
        int length = 0;
        int lengthBytes = 0;
        int digit;
        do {
            if (lengthBytes == 4) {
                broken(here, ReasonCode.MALFORMED_PACKET);
                return false;
            }
            if (readable < 2 + lengthBytes) {
                return false;
            }
            digit = bytes.getUnsignedByte(start + 1 + lengthBytes);
            if (digit == 0 && lengthBytes > 0) {
                // not the shortest form (MQTT 5, 1.5.5)
                broken(here, ReasonCode.MALFORMED_PACKET);
                return false;
            }
            length |= (digit & 0x7f) << (7 * lengthBytes);
            lengthBytes++;
        } while (digit >= 0x80);
        int flags = bytes.getUnsignedByte(start);
        int body = start + 1 + lengthBytes;
        if (length > (version == null ? MAX_CONNECT_BYTES : maxPacketBytes)) {
            return oversize(here, bytes, flags, body, length);
        }
        if (readable < 1 + lengthBytes + length) {
            return false;
        }
        byte[] packet = workplace.fill(bytes, body, length);
        bytes.readerIndex(body + length);
        here.fireChannelRead(
                version == null
                        ? workplace.decoder.first(flags, packet, length)
                        : workplace.decoder.next(version, flags, packet, length));
        return true;
    }

    /**
     * A packet that is too large. One of MQTT 5 has been told what is too large, and is told again. MQTT 3.1.1 knows no such thing: a
     * client that is cut off for its PUBLISH would come back with the same one for ever, so it is skipped and gets its answer.
     */
    private boolean oversize(ChannelHandlerContext here, ByteBuf bytes, int flags, int body, int length) {
        if (version != ProtocolVersion.V3_1_1 || flags >> 4 != 3) {
            broken(here, ReasonCode.PACKET_TOO_LARGE);
            return false;
        }
        int there = bytes.writerIndex() - body;
        if (there < 2) {
            return false;
        }
        int beginning = PacketDecoder.bytesBeforePayload(flags, bytes.getUnsignedShort(body));
        if (beginning > maxPacketBytes) {
            // its topic alone is too large
            broken(here, ReasonCode.PACKET_TOO_LARGE);
            return false;
        }
        if (there < beginning) {
            return false;
        }
        byte[] fields = workplace.fill(bytes, body, beginning);
        bytes.readerIndex(body);
        skip = length;
        here.fireChannelRead(workplace.decoder.beginningOfPublish(flags, fields, beginning));
        return true;
    }

    private void broken(ChannelHandlerContext here, ReasonCode reason) {
        here.fireChannelRead(new Packet.Broken(reason));
    }

    /** Keeps what is no packet yet, or is not wanted yet, in no more memory than it needs. */
    private void keepRest(ChannelHandlerContext here) {
        if (held == null) {
            return;
        }
        if (!held.isReadable()) {
            release();
            return;
        }
        if (held.capacity() - held.readableBytes() > MAX_SLACK + held.readableBytes()) {
            ByteBuf smaller = here.alloc().buffer(held.readableBytes()).writeBytes(held);
            held.release();
            held = smaller;
        }
        if (!share.resize(held.capacity())) {
            if (version == null) {
                // nobody who could be asked for patience
                discarding = true;
                release();
                broken(here, ReasonCode.QUOTA_EXCEEDED);
            } else if (!starved) {
                starved = true;
                here.channel().config().setAutoRead(false);
                starving.run();
            }
        }
    }

    private void release() {
        if (held != null) {
            held.release();
            held = null;
        }
        starved = false;
        share.resize(0);
    }
}
