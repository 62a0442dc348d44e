package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection for MQTT over WebSocket begins with the right request, or ends with its answer; strangers cost nothing. */
class WebSocketHandshakeVerticleTest extends WebSocketFixture {

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String without(String header) {
        return RawWebSocket.request().replaceFirst(header + ": [^\r]*\r\n", "");
    }

    @ParameterizedTest
    @CsvSource({
        "other path, 404",
        "longer path, 404",
        "no upgrade, 426",
        "another upgrade, 426",
        "no connection header, 426",
        "old version, 426",
        "no subprotocol, 400",
        "another subprotocol, 400",
        "no key, 400",
        "short key, 400",
        "POST, 400",
        "HTTP 1.0, 400",
        "body, 400",
        "chunked body, 400",
        "nonsense, 400",
        "too large, 400"
    })
    void anotherRequestIsAnsweredAndEndsTheConnection(String what, int status) throws Exception {
        String right = RawWebSocket.request();
        String request =
                switch (what) {
                    case "other path" -> right.replace("/mqtt", "/x");
                    case "longer path" -> right.replace("/mqtt", "/mqtt/x");
                    case "no upgrade" -> "GET /mqtt HTTP/1.1\r\nHost: x\r\n\r\n";
                    case "another upgrade" -> right.replace("Upgrade: websocket", "Upgrade: h2c");
                    case "no connection header" -> without("Connection");
                    case "old version" -> right.replace("Version: 13", "Version: 8");
                    case "no subprotocol" -> without("Sec-WebSocket-Protocol");
                    case "another subprotocol" -> right.replace("Protocol: mqtt", "Protocol: mqttv3.1");
                    case "no key" -> without("Sec-WebSocket-Key");
                    case "short key" -> right.replace(RawWebSocket.KEY, "dGhl");
                    case "POST" -> right.replace("GET", "POST");
                    case "HTTP 1.0" -> right.replace("HTTP/1.1", "HTTP/1.0");
                    case "body" -> right.replace("Host: x\r\n", "Content-Length: 1\r\n") + "x";
                    case "chunked body" ->
                        right.replace("Host: x\r\n", "Transfer-Encoding: chunked\r\n") + "1\r\nx\r\n0\r\n\r\n";
                    case "nonsense" -> "nonsense\r\n\r\n";
                    case "too large" -> right.replace("Host: x", "Host: " + "x".repeat(9_000));
                    default -> throw new IllegalArgumentException(what);
                };
        RawWebSocket client = dialWebSocket(Version.V5);
        client.send(ascii(request));
        String answer = client.readHead();
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains("close\r\n"), answer);
        assertEquals(status == 426, answer.contains("Upgrade: websocket\r\n"), answer);
        client.expectEnd();
        await("it is gone", () -> openConnections() == 0);
        assertEquals(1, ended(MqttMetrics.End.PROTOCOL));
        assertStillServes();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"as it is", "with a query", "with more subprotocols", "in other cases", "with connection options"
            })
    void theRightRequestHasManyForms(String what) throws Exception {
        String right = RawWebSocket.request();
        String request =
                switch (what) {
                    case "with a query" -> right.replace("/mqtt", "/mqtt?x=1");
                    case "with more subprotocols" -> right.replace("Protocol: mqtt", "Protocol: mqttv3.1, mqtt");
                    case "in other cases" ->
                        right.replace("websocket", "WebSocket").replace("Sec-WebSocket", "sec-websocket");
                    case "with connection options" ->
                        right.replace("Connection: Upgrade", "Connection: keep-alive, Upgrade");
                    default -> right;
                };
        RawWebSocket client = dialWebSocket(Version.V3);
        for (byte one : ascii(request)) {
            client.send(new byte[] {one});
        }
        String answer = client.readHead();
        assertTrue(answer.startsWith("HTTP/1.1 101 "), answer);
        client.send(RawWebSocket.frame(new Connect(Version.V3).clientId("c").bytes()));
        client.expect("CONNACK");
    }

    /** The first one ends the connection, whatever else has come or comes. */
    @Test
    void requestsBehindTheFirstAreThrownAway() throws Exception {
        byte[] post = ascii("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n" + "x".repeat(8_000));
        long before = memory();
        for (int connection = 0; connection < 10; connection++) {
            RawWebSocket client = dialWebSocket(Version.V5);
            try {
                for (int i = 0; i < 1_000; i++) {
                    client.send(post);
                }
            } catch (IOException e) {
                // it is closed while it writes
            }
            String answer = client.readHead();
            assertTrue(answer.isEmpty() || answer.startsWith("HTTP/1.1 404 "), answer);
            client.close();
        }
        await("they are gone", () -> openConnections() == 0);
        // 80 MB came
        long grown = memory() - before;
        assertTrue(grown < 24 << 20, grown + " bytes more");
        assertStillServes();
    }

    @Test
    void whoDoesNotFinishItsRequestIsCutOff() throws Exception {
        RawWebSocket half = dialWebSocket(Version.V5);
        half.send(ascii("GET /mqtt HTTP/1.1\r\nHost: x\r\n"));
        RawWebSocket idle = dialWebSocket(Version.V5).upgrade();
        await("both are there", () -> openConnections() == 2);
        pass(MqttLimits.DEFAULT.connectTimeout().plus(Duration.ofSeconds(1)));
        half.expectEnd();
        idle.expectClosed(1000);
        assertEquals(2, ended(MqttMetrics.End.NO_CONNECT));
    }

    /** Before CONNECT, what is held of a frame is held of a packet, and counted as such. */
    @Test
    void ofAStrangersLargeFrameNothingIsHeldButItsConnect() throws Exception {
        int strangers = 100;
        byte[] connect = new Connect(Version.V5).clientId("x".repeat(15_000)).bytes();
        byte[] frame = RawWebSocket.frame(connect);
        byte[] most = java.util.Arrays.copyOfRange(frame, frame.length - connect.length, frame.length - 1);
        List<RawWebSocket> all = new ArrayList<>();
        for (int i = 0; i < strangers; i++) {
            all.add(dialWebSocket(Version.V5).upgrade());
        }
        long before = memory();
        for (RawWebSocket stranger : all) {
            stranger.send(RawWebSocket.head(RawWebSocket.FIN | RawWebSocket.BINARY, 256 << 10));
        }
        assertEquals(0, gauge("strangers.bytes"));
        for (RawWebSocket stranger : all) {
            stranger.send(most);
        }
        await("it has come", () -> gauge("strangers.bytes") >= (double) strangers * most.length);
        long held = (long) gauge("strangers.bytes");
        long grown = memory() - before;
        assertTrue(grown < 2 * held + (8 << 20), grown + " bytes more, of which are counted " + held);
        for (RawWebSocket stranger : all) {
            stranger.close();
        }
        await("nothing is held", () -> gauge("strangers.bytes") == 0 && openConnections() == 0);

        RawWebSocket larger = dialWebSocket(Version.V5).upgrade();
        larger.send(RawWebSocket.frame(new PacketBytes().u8(0x10).varint(20_481).toArray()));
        larger.expectClosed(1000);
    }
}
