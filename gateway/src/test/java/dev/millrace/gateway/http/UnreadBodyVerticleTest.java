package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UnreadBodyVerticleTest {

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    @Test
    void whoStopsInTheMiddleOfABodyReadsTheAnswerAndIsCutOff() throws Exception {
        int port = vertx.createHttpServer()
                .requestHandler(request -> {
                    UnreadBody body = new UnreadBody(vertx, request, 1000, Duration.ofMillis(50));
                    request.response().setStatusCode(401).end("no");
                    body.discard();
                })
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
                            .getBytes(StandardCharsets.US_ASCII));

            // ends only when the server closes
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);

            assertTrue(answer.startsWith("HTTP/1.1 401 ") && answer.endsWith("no"), answer);
        }
    }
}
