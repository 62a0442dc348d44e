package dev.millrace.bench.load;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;

/** Answers requests of a known length, one after the other, whatever the connection. */
final class StubServer implements AutoCloseable {

    /** What every client sends. */
    static final byte[] REQUEST =
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final IntUnaryOperator statusOf;
    private int requests;

    /** @param statusOf the status of the answer to the request of that number, from 0; may take its time */
    StubServer(IntUnaryOperator statusOf) throws IOException {
        this.statusOf = statusOf;
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    /** How many have come. */
    synchronized int requests() {
        return requests;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException _) {
            // closed: the test is over
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = client.getInputStream();
            while (in.readNBytes(REQUEST.length).length == REQUEST.length) {
                client.getOutputStream()
                        .write(("HTTP/1.1 " + status() + " Answer\r\ncontent-length: 0\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException _) {
            // the client has gone
        }
    }

    private synchronized int status() {
        return statusOf.applyAsInt(requests++);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
