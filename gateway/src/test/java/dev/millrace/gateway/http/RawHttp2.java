package dev.millrace.gateway.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** A client of HTTP/2 that sends the frames that a test tells it, allowed or not, and reads the server's. Blocking. */
final class RawHttp2 implements AutoCloseable {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RESET = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GO_AWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;
    private static final int PRIORITY = 0x20;

    /** A frame that came. */
    record Frame(int type, int flags, int stream, ByteBuffer payload) {

        boolean ends() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        /** Of RESET the code; of GO_AWAY the last stream. */
        int number() {
            return payload.getInt(0);
        }

        /** Of GO_AWAY. */
        int code() {
            return payload.getInt(4);
        }
    }

    private final SSLSocket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder(false);

    /** A connection that has agreed on HTTP/2; sends the preface, and settings of its own. */
    RawHttp2(SSLSocket socket, byte[] settings) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
        socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
        send(SETTINGS, 0, 0, settings);
    }

    RawHttp2(SSLSocket socket) throws IOException {
        this(socket, new byte[0]);
    }

    /** One setting. */
    static byte[] setting(int id, int value) {
        return ByteBuffer.allocate(6).putShort((short) id).putInt(value).array();
    }

    RawHttp2 send(int type, int flags, int stream, byte[] payload) throws IOException {
        socket.getOutputStream().write(frame(type, flags, stream, payload));
        return this;
    }

    RawHttp2 sendAll(byte[] frames) throws IOException {
        socket.getOutputStream().write(frames);
        return this;
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** A head; {@code more} are names and values in turn. */
    static byte[] head(String method, String path, String... more) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        literal(block, ":method", method);
        literal(block, ":scheme", "https");
        literal(block, ":authority", "localhost");
        literal(block, ":path", path);
        for (int i = 0; i < more.length; i += 2) {
            literal(block, more[i], more[i + 1]);
        }
        return block.toByteArray();
    }

    /** Without an index, and not Huffman coded (RFC 7541, 6.2.2). */
    static void literal(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        text(block, name);
        text(block, value);
    }

    private static void text(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        if (bytes.length < 127) {
            block.write(bytes.length);
        } else {
            block.write(127);
            int rest = bytes.length - 127;
            while (rest >= 128) {
                block.write((rest & 127) | 128);
                rest >>= 7;
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }

    /** A request without a body. */
    RawHttp2 get(int stream, String path, String... more) throws IOException {
        return send(HEADERS, END_HEADERS | END_STREAM, stream, head("GET", path, more));
    }

    /** A post as the key "admin", of which the body is still to come. */
    RawHttp2 beginPost(int stream, String... more) throws IOException {
        String[] all = new String[more.length + 4];
        System.arraycopy(more, 0, all, 4, more.length);
        all[0] = "authorization";
        all[1] = "Bearer admin";
        all[2] = "content-type";
        all[3] = "application/json";
        return send(HEADERS, END_HEADERS, stream, head("POST", "/sensors", all));
    }

    RawHttp2 post(int stream, String body) throws IOException {
        return beginPost(stream).send(DATA, END_STREAM, stream, body.getBytes(UTF_8));
    }

    /** The next frame but for settings, pings and windows; empty where the connection ends. Settings are not acknowledged. */
    Optional<Frame> next() throws IOException {
        try {
            while (true) {
                int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                byte[] payload = in.readNBytes(length);
                if (type != SETTINGS && type != PING && type != WINDOW_UPDATE) {
                    return Optional.of(new Frame(type, flags, stream, ByteBuffer.wrap(payload)));
                }
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("neither a frame nor an end", e);
        } catch (EOFException | SocketException | SSLException e) {
            return Optional.empty();
        }
    }

    Frame read() throws IOException {
        return next().orElseThrow(() -> new AssertionError("the connection ended"));
    }

    /** The status of the next answer, whichever stream's, and all of it. */
    String answer() throws IOException {
        return answer(read());
    }

    String answer(Frame first) throws IOException {
        if (first.type() != HEADERS) {
            throw new AssertionError("no answer: " + first);
        }
        StringBuilder all = new StringBuilder(head(first));
        Frame last = first;
        while (!last.ends()) {
            last = read();
            if (last.type() != DATA || last.stream() != first.stream()) {
                throw new AssertionError("no rest of the answer: " + last);
            }
            all.append(UTF_8.decode(last.payload().duplicate()));
        }
        return all.toString();
    }

    private String head(Frame frame) throws IOException {
        ByteBuf block = Unpooled.wrappedBuffer(frame.payload());
        if ((frame.flags() & PRIORITY) != 0) {
            block.skipBytes(5);
        }
        try {
            Http2Headers decoded = headers.decodeHeaders(frame.stream(), block);
            return decoded.status() + " ";
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    /** What comes until the connection ends: the GO_AWAY, where there is one. */
    Optional<Frame> readToEnd() throws IOException {
        Optional<Frame> goAway = Optional.empty();
        for (Optional<Frame> one = next(); one.isPresent(); one = next()) {
            if (one.get().type() == GO_AWAY) {
                goAway = one;
            }
        }
        return goAway;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
