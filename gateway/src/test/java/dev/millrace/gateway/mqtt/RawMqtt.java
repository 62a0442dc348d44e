package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A client that sends what a test tells it, broken or not, and reads the server's packets. Blocking. */
final class RawMqtt implements AutoCloseable {

    /** For every answer, however slow the machine. */
    private static final int PATIENCE_MILLIS = 30_000;

    final Version version;
    private final Socket socket;
    private final InputStream in;

    /** A TCP connection on which nothing has been said. */
    RawMqtt(int port, Version version) throws IOException {
        this(port, version, 0);
    }

    /**
     * A TCP connection with small buffers in the kernel.
     *
     * @param bufferBytes 0: the system's
     */
    RawMqtt(int port, Version version, int bufferBytes) throws IOException {
        this.version = version;
        this.socket = new Socket();
        if (bufferBytes > 0) {
            socket.setReceiveBufferSize(bufferBytes);
            socket.setSendBufferSize(bufferBytes);
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** A connection that there is, such as one of TLS. */
    RawMqtt(Socket connected, Version version) throws IOException {
        this.version = version;
        this.socket = connected;
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** Sends it; the answer must let it in. */
    RawMqtt enter(Connect connect) throws IOException {
        assertEquals("CONNACK", connect(connect).brief());
        return this;
    }

    /** The answer to CONNECT. */
    Answer connect(Connect connect) throws IOException {
        return send(connect.bytes()).read();
    }

    RawMqtt send(byte[]... packets) throws IOException {
        socket.getOutputStream().write(Packets.together(packets));
        socket.getOutputStream().flush();
        return this;
    }

    RawMqtt publish(Publish... publishes) throws IOException {
        for (Publish publish : publishes) {
            send(publish.bytes(version));
        }
        return this;
    }

    /** The next packet; an assertion error where none comes. */
    Answer read() throws IOException {
        return next().orElseThrow(() -> new AssertionError("the connection was closed"));
    }

    /** The next packets, briefly. */
    List<String> read(int count) throws IOException {
        List<String> briefs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            briefs.add(next().map(Answer::brief).orElse("end"));
        }
        return briefs;
    }

    /** The next packet must be this one. */
    void expect(String brief) throws IOException {
        assertEquals(brief, next().map(Answer::brief).orElse("end"));
    }

    /** Everything that is answered was answered before: the server takes packets in turn, and the next answer is PINGRESP. */
    void expectNothingYet() throws IOException {
        send(Packets.PINGREQ);
        expect("PINGRESP");
    }

    /** The connection ends, with nothing before it. */
    void expectEnd() throws IOException {
        expect("end");
    }

    /** MQTT 5: DISCONNECT with this reason; then, and with 3.1.1 without a word, the connection ends. */
    void expectClosed(int reason) throws IOException {
        if (version == Version.V5) {
            expect("DISCONNECT 0x%02X".formatted(reason));
        }
        expectEnd();
    }

    /** What comes before the connection ends. */
    List<Answer> readToEnd() throws IOException {
        List<Answer> answers = new ArrayList<>();
        for (Optional<Answer> one = next(); one.isPresent(); one = next()) {
            answers.add(one.get());
        }
        return answers;
    }

    /** The next packet; empty where the connection ends. */
    Optional<Answer> next() throws IOException {
        try {
            int first = in.read();
            if (first < 0) {
                // as every client does
                socket.close();
                return Optional.empty();
            }
            int length = 0;
            for (int shift = 0; ; shift += 7) {
                int digit = byteOf(in.read());
                length |= (digit & 0x7f) << shift;
                if (digit < 0x80) {
                    break;
                }
            }
            byte[] body = in.readNBytes(length);
            if (body.length < length) {
                throw new EOFException("the connection ended within a packet");
            }
            return Optional.of(Answer.parse(version, first, body));
        } catch (SocketTimeoutException e) {
            throw new AssertionError("neither an answer nor an end", e);
        } catch (SocketException e) {
            // reset: what was sent after the end
            return Optional.empty();
        }
    }

    private static int byteOf(int read) throws EOFException {
        if (read < 0) {
            throw new EOFException("the connection ended within a packet");
        }
        return read;
    }

    /** Nothing comes for a while: for what may not come at all, and can only be seen to fail where it does. */
    void expectSilence(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            assertEquals(-2, in.read(), "something came");
        } catch (SocketTimeoutException e) {
            socket.setSoTimeout(PATIENCE_MILLIS);
        }
    }

    /** Reads whatever comes until the connection ends. */
    void drainBytes() throws IOException {
        try {
            in.skipNBytes(Long.MAX_VALUE);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection does not end", e);
        } catch (EOFException | SocketException e) {
            // it has ended
        }
    }

    Socket socket() {
        return socket;
    }

    /** The connection breaks: a reset, without DISCONNECT. */
    void cut() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Without DISCONNECT. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
