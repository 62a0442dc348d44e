package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.gateway.http.BodyReader.Body;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BodyReaderVerticleTest {

    private static final int LIMIT = 100_000;
    private static final int TOTAL = 150_000;

    private final Vertx vertx = Vertx.vertx();
    private final BodyReader reader = new BodyReader(LIMIT, TOTAL);
    private final BlockingQueue<Body> bodies = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> broken = new LinkedBlockingQueue<>();
    private final Deque<Socket> sockets = new ArrayDeque<>();
    private int port;

    @BeforeEach
    void listen() {
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> reader.read(request)
                        .onSuccess(body -> {
                            bodies.add(body);
                            request.response().end();
                        })
                        .onFailure(broken::add))
                .listen(0, "127.0.0.1")
                .await();
        port = server.actualPort();
    }

    @AfterEach
    void close() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        vertx.close().await();
    }

    @Test
    void readsABodyUpToTheLimitAndRefusesALargerOne() throws Exception {
        send(post(LIMIT), LIMIT);
        assertEquals(LIMIT, assertInstanceOf(Body.Complete.class, next()).bytes().length);

        send(post(LIMIT + 1), LIMIT + 1);
        assertEquals(new Body.TooLarge(LIMIT), next());
    }

    @Test
    void cutsOffASenderThatDoesNotEnd() throws Exception {
        send(post(Integer.MAX_VALUE), 4 * LIMIT + 1);

        assertInstanceOf(Throwable.class, broken.poll(60, TimeUnit.SECONDS));
    }

    @Test
    void refusesABodyWhileOthersTakeTheRoomAndGivesItBackWhenTheyBreak() throws Exception {
        Socket held = send(post(LIMIT), LIMIT - 1);
        // the second finds too little room as soon as the first is held, and not before
        Body second = new Body.Complete(new byte[0]);
        while (second instanceof Body.Complete) {
            send(post(60_000), 60_000);
            second = next();
        }
        assertEquals(new Body.NoRoom(), second);

        held.close();
        assertInstanceOf(Throwable.class, broken.poll(60, TimeUnit.SECONDS));
        send(post(LIMIT), LIMIT);
        assertArrayEquals(
                new byte[LIMIT], assertInstanceOf(Body.Complete.class, next()).bytes());
    }

    private Body next() throws InterruptedException {
        Body body = bodies.poll(60, TimeUnit.SECONDS);
        if (body == null) {
            throw new AssertionError("no body came");
        }
        return body;
    }

    private static String post(int length) {
        return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n";
    }

    /** Sends a head and that many zero bytes, and keeps the connection. */
    private Socket send(String head, int bytes) throws Exception {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(socket);
        OutputStream out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        try {
            for (int left = bytes; left > 0; left -= 10_000) {
                out.write(new byte[Math.min(left, 10_000)]);
            }
            out.flush();
        } catch (java.io.IOException e) {
            // the server has cut it off
        }
        return socket;
    }
}
