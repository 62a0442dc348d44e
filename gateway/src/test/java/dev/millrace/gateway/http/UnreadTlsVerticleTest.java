package dev.millrace.gateway.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.gateway.GatewayMetrics.Cut;
import dev.millrace.gateway.query.LatestValues;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of TLS that do not read: they are not told farewell, which they would not read either. */
class UnreadTlsVerticleTest extends TlsHttpFixture {

    private static final AtomicLong CLOCK = new AtomicLong();

    @Override
    HttpLimits limits() {
        return FAST;
    }

    @Override
    LongSupplier doorClock() {
        return CLOCK::get;
    }

    @BeforeEach
    void fillTheStore() {
        TreeMap<String, LatestValues.Timed> values = new TreeMap<>();
        values.put("s", new LatestValues.Timed(new Measurement.State("s", "x".repeat(1024)), 0));
        for (int i = 0; i < 1_000; i++) {
            store.latest.put("sensor-" + i, new LatestValues("sensor-" + i, values));
        }
        store.cacheAway = true;
    }

    @Test
    void aConnectionOfHttp1IsCutOffOnceAndAtOnce() throws Exception {
        try (QuietLog log = new QuietLog();
                Socket plain = narrow();
                SSLSocket socket = secured(plain, "http/1.1")) {
            // some megabyte of answer each
            String get = "GET /sensors?limit=1000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n";
            socket.getOutputStream().write(get.repeat(100).getBytes(US_ASCII));
            endsOnce(log);
        }
    }

    @Test
    void aConnectionOfHttp2IsCutOffOnceAndAtOnce() throws Exception {
        byte[] room = ByteBuffer.allocate(4).putInt(1 << 30).array();
        try (QuietLog log = new QuietLog();
                Socket plain = narrow();
                RawHttp2 client = new RawHttp2(secured(plain, "h2"), RawHttp2.setting(4, 1 << 30))) {
            client.send(RawHttp2.WINDOW_UPDATE, 0, 0, room);
            for (int i = 0; i < Http2Client.MAX_QUERIES; i++) {
                client.get(1 + 2 * i, "/sensors?limit=1000", "authorization", "Bearer admin");
            }
            endsOnce(log);
        }
    }

    private void endsOnce(QuietLog log) {
        await("all that fits is answered", () -> store.sensorPages.get() > 0);
        await("it is cut off", () -> {
            CLOCK.addAndGet(Duration.ofMillis(5).toNanos());
            return cuts() > 0;
        });
        await("it is gone", () -> openConnections() == 0);
        assertEquals(1, cuts(), "it is counted once");
        assertEquals(1, cut(Cut.UNREAD_ANSWER));
        assertTrue(log.complaints().isEmpty(), () -> log.complaints().toString());
    }

    /** One that takes little at a time. */
    private Socket narrow() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), door.tlsPort()));
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static SSLSocket secured(Socket plain, String protocol) throws IOException {
        SSLSocket socket = (SSLSocket) ca().context(Optional.empty())
                .getSocketFactory()
                .createSocket(plain, "localhost", plain.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private double cuts() {
        return Arrays.stream(Cut.values()).mapToDouble(this::cut).sum();
    }

    private double cut(Cut reason) {
        return registry.counter(
                        "millrace.gateway.connections.cut",
                        "reason",
                        reason.name().toLowerCase(Locale.ROOT))
                .count();
    }
}
