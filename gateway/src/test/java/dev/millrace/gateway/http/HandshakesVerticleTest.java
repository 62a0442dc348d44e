package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Handshakes that never end take a connection's place, for a bounded time. */
class HandshakesVerticleTest {

    abstract static class Few extends TlsHttpFixture {
        static final int MOST = 5;

        @Override
        HttpLimits limits() {
            HttpLimits d = HttpLimits.DEFAULT;
            return new HttpLimits(
                    MOST, d.maxHeaderBytes(), d.maxRequestLineBytes(), d.requestTimeout(), d.idleTimeout(), 0);
        }

        final Socket connect() throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.tlsPort());
            socket.setSoTimeout(20_000);
            return socket;
        }
    }

    @Nested
    class Counted extends Few {

        @Test
        void aConnectionCountsFromTheTimeThatItIsAccepted() throws Exception {
            List<Socket> silent = new ArrayList<>();
            for (int i = 0; i < MOST; i++) {
                silent.add(connect());
            }
            await("all are open", () -> openConnections() == MOST);

            try (Socket tooMany = connect()) {
                assertEquals(-1, tooMany.getInputStream().read());
            }
            assertEquals(
                    1, registry.counter("millrace.gateway.connections.refused").count());

            for (Socket socket : silent) {
                socket.close();
            }
            await("all are gone", () -> openConnections() == 0);
            await("and counted", () -> handshakesFailed("lost") == MOST);
            dial(Optional.empty()).close();
        }
    }

    @Nested
    class Cut extends Few {

        @Override
        Duration handshakeTimeout() {
            return Duration.ofMillis(300);
        }

        @Test
        void whoSaysNothingOrHalfIsCutOff() throws Exception {
            try (Socket silent = connect();
                    Socket half = connect()) {
                // the beginning of a ClientHello
                half.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1, 0});

                silent.getInputStream().readAllBytes();
                half.getInputStream().readAllBytes();
            }
            await("both are counted", () -> handshakesFailed("too_slow") == 2);
            await("both are gone", () -> openConnections() == 0);
        }

        /** HTTP/2 begins with a word of the client's; until it comes, the door knows nothing of the connection. */
        @Test
        void whoAgreesOnHttp2AndSaysNoMoreIsCutOff() throws Exception {
            try (SSLSocket silent = dial(Optional.empty(), "h2")) {
                silent.getInputStream().readAllBytes();
            }
            await("it is counted", () -> handshakesFailed("too_slow") == 1);
            await("it is gone", () -> openConnections() == 0);
        }

        @Test
        void whoIsThereIsNotCutOffByTheHandshakesTime() throws Exception {
            stream.acceptAll();
            try (SSLSocket slow = dial(Optional.empty());
                    SSLSocket silent = dial(Optional.empty(), "h2")) {
                silent.getInputStream().readAllBytes();

                slow.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertEquals('H', slow.getInputStream().read());
            }
        }
    }
}
