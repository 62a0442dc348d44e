package dev.millrace.gateway.http;

import dev.millrace.core.TestCa;
import dev.millrace.core.TestCa.Identity;
import dev.millrace.gateway.tls.TestTls;
import dev.millrace.gateway.tls.TlsConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.io.TempDir;

/** A door that speaks TLS, and lets in devices by their certificates. */
abstract class TlsHttpFixture extends HttpDoorFixture {

    /** As the JDK makes it for the class, before there is an instance. */
    @TempDir
    static Path directory = Path.of("");

    private static Optional<TestCa> made = Optional.empty();
    private static Path madeIn = Path.of("");

    TlsHttpFixture() {
        super(TestTls.authenticator());
    }

    /** The authority of the server and of its clients; one for a class. */
    static synchronized TestCa ca() {
        if (!madeIn.equals(directory)) {
            madeIn = directory;
            made = Optional.of(new TestCa(directory, "ca"));
        }
        return made.orElseThrow();
    }

    @Override
    Optional<TlsConfig> tlsConfig() {
        return Optional.of(TestTls.config(directory, server(), ca()).withHandshakeTimeout(handshakeTimeout()));
    }

    Identity server() {
        return ca().server("server", "dns:localhost,ip:127.0.0.1");
    }

    Duration handshakeTimeout() {
        return Duration.ofSeconds(20);
    }

    /** A connection whose handshake is done. */
    final SSLSocket dial(Optional<Identity> shown, String... applicationProtocols) throws IOException {
        SSLSocket socket = (SSLSocket)
                ca().context(shown).getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), door.tlsPort());
        socket.setSoTimeout(20_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(applicationProtocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    final double handshakesFailed(String reason) {
        return registry.counter("millrace.gateway.tls.handshakes.failed", "reason", reason)
                .count();
    }

    /** A connection of HTTP/2, without a certificate. */
    final RawHttp2 connect(byte[]... settings) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] one : settings) {
            all.writeBytes(one);
        }
        return new RawHttp2(dial(Optional.empty(), "h2"), all.toByteArray());
    }

    final void endsByGoAway(RawHttp2 client, byte[] frames) throws IOException {
        try {
            client.sendAll(frames);
        } catch (IOException e) {
            // that it ends is told below
        }
        client.readToEnd();
        await("it is gone", () -> openConnections() == 0);
    }
}
