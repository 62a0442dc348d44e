package dev.millrace.gateway.mqtt;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

/** A door that speaks WebSocket too. */
abstract class WebSocketFixture extends MqttDoorFixture {

    private final Deque<RawWebSocket> webSockets = new ArrayDeque<>();

    @Override
    final Optional<Integer> webSocketPort() {
        return Optional.of(0);
    }

    /** A TCP connection that is closed after the test. */
    final RawWebSocket dialWebSocket(Version version) throws IOException {
        RawWebSocket client = new RawWebSocket(door.webSocketPort(), version);
        webSockets.add(client);
        return client;
    }

    /** A client that was let in. */
    final RawWebSocket enterWebSocket(Version version) throws IOException {
        return dialWebSocket(version).enter("c");
    }

    /** What the process holds, in bytes. */
    static long memory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory() + PlatformDependent.usedDirectMemory();
    }

    @AfterEach
    final void closeWebSockets() throws IOException {
        for (RawWebSocket client : webSockets) {
            client.close();
        }
    }
}
