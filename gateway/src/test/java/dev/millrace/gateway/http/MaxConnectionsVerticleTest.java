package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class MaxConnectionsVerticleTest extends HttpDoorFixture {

    private static final int MOST = 20;

    @Override
    HttpLimits limits() {
        HttpLimits d = HttpLimits.DEFAULT;
        return new HttpLimits(
                MOST, d.maxHeaderBytes(), d.maxRequestLineBytes(), d.requestTimeout(), d.idleTimeout(), 0);
    }

    @Test
    void closesConnectionsBeyondTheMostAndTakesNewOnesLater() throws Exception {
        Deque<Socket> sockets = new ArrayDeque<>();
        try {
            for (int i = 0; i < MOST; i++) {
                sockets.add(connect());
            }
            await("all are open", () -> openConnections() == MOST);

            sockets.add(connect());
            assertEquals(-1, sockets.getLast().getInputStream().read());
            assertEquals(
                    1, registry.counter("millrace.gateway.connections.refused").count());
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        await("all are closed", () -> openConnections() == 0);
        assertStillServes();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port());
        socket.setSoTimeout(20_000);
        return socket;
    }
}
