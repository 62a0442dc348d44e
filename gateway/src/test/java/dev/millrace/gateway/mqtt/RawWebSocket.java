package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A client of MQTT over WebSocket that frames its bytes as a test tells it, right or wrong. Blocking. */
final class RawWebSocket implements AutoCloseable {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int FIN = 0x80;

    /** The key of RFC 6455's example (1.3), whose answer it tells. */
    static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static final int PATIENCE_MILLIS = 30_000;
    private static final byte[] MASK = {(byte) 0x9d, 0x01, (byte) 0xfe, 0x7a};

    /** A frame of the server. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Frame(int first, byte[] payload) {}

    final Version version;
    private final Socket socket;
    private final InputStream in;
    private byte[] unread = new byte[0];

    /** A TCP connection on which nothing has been said. */
    RawWebSocket(int port, Version version) throws IOException {
        this.version = version;
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** A request that is right. */
    static String request() {
        return "GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + KEY
                + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
    }

    /** It is a WebSocket from now on. */
    RawWebSocket upgrade() throws IOException {
        send(request().getBytes(StandardCharsets.US_ASCII));
        String answer = readHead();
        assertTrue(answer.startsWith("HTTP/1.1 101 "), answer);
        return this;
    }

    /** And was let in. */
    RawWebSocket enter(String clientId) throws IOException {
        upgrade();
        send(frame(new Connect(version).clientId(clientId).bytes()));
        expect("CONNACK");
        return this;
    }

    RawWebSocket send(byte[]... bytes) throws IOException {
        socket.getOutputStream().write(Packets.together(bytes));
        return this;
    }

    /** A whole message. */
    static byte[] frame(byte[]... packets) {
        return frame(FIN | BINARY, Packets.together(packets));
    }

    static byte[] frame(int first, byte[] payload) {
        byte[] masked = payload.clone();
        for (int i = 0; i < masked.length; i++) {
            masked[i] ^= MASK[i & 3];
        }
        return Packets.together(head(first, payload.length), masked);
    }

    /** The head of a frame whose bytes are to follow, masked. */
    static byte[] head(int first, long length) {
        PacketBytes head = new PacketBytes().u8(first);
        if (length < 126) {
            head.u8(0x80 | (int) length);
        } else if (length <= 0xffff) {
            head.u8(0x80 | 126).u16((int) length);
        } else {
            head.u8(0x80 | 127).u32(length >>> 32).u32(length & 0xffff_ffffL);
        }
        return head.raw(MASK).toArray();
    }

    /** The head of the server's answer to a request; empty where the connection ends. */
    String readHead() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        try {
            while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) {
                    break;
                }
                head.write(next);
            }
        } catch (SocketException e) {
            // reset
        }
        return head.toString(StandardCharsets.US_ASCII);
    }

    Frame readFrame() throws IOException {
        int first = byteOf(in.read());
        int told = byteOf(in.read());
        assertTrue(told < 0x80, "a server's frames are not masked");
        long length = told;
        if (told >= 126) {
            length = 0;
            for (int i = 0; i < (told == 126 ? 2 : 8); i++) {
                length = (length << 8) | byteOf(in.read());
            }
        }
        byte[] payload = in.readNBytes((int) length);
        assertEquals(length, payload.length, "the connection ended within a frame");
        return new Frame(first, payload);
    }

    /** The next packet must be this one. */
    RawWebSocket expect(String brief) throws IOException {
        assertEquals(brief, read().brief());
        return this;
    }

    private Answer read() throws IOException {
        while (true) {
            if (unread.length >= 2) {
                // the answers are all short
                int length = unread[1];
                if (length >= 0 && unread.length >= 2 + length) {
                    byte[] body = Arrays.copyOfRange(unread, 2, 2 + length);
                    int first = unread[0] & 0xff;
                    unread = Arrays.copyOfRange(unread, 2 + length, unread.length);
                    return Answer.parse(version, first, body);
                }
            }
            Frame frame = readFrame();
            assertEquals(FIN | BINARY, frame.first, () -> "a frame of " + frame.payload.length);
            unread = Packets.together(unread, frame.payload);
        }
    }

    /** A close frame with this code, and then the end. */
    void expectClosed(int code) throws IOException {
        assertEquals(0, unread.length, "packets not looked at");
        Frame frame = readFrame();
        assertEquals(FIN | CLOSE, frame.first);
        assertEquals(code, ((frame.payload[0] & 0xff) << 8) | (frame.payload[1] & 0xff));
        expectEnd();
    }

    void expectEnd() throws IOException {
        try {
            assertEquals(-1, in.read(), "something came");
        } catch (SocketException e) {
            // reset: what was sent after the end
        }
        // as every client does
        socket.close();
    }

    private static int byteOf(int read) throws EOFException {
        if (read < 0) {
            throw new EOFException("the connection ended");
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
