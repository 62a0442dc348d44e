package dev.millrace.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.Program;
import dev.millrace.core.TestCa;
import dev.millrace.core.TestCa.Identity;
import dev.millrace.core.TestCa.Leaf;
import dev.millrace.gateway.auth.Authentication;
import dev.millrace.gateway.auth.Authenticator;
import dev.millrace.gateway.auth.Credentials;
import dev.millrace.gateway.publish.FakeStream;
import dev.millrace.gateway.tls.TestTls;
import dev.millrace.gateway.tls.TlsConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** MQTT over TLS, and who comes in by a certificate. */
class TlsMqttVerticleTest extends MqttDoorFixture {

    @TempDir
    private Path directory = Path.of("");

    /** Certificates may come to be nobody's. */
    private static final class Devices implements Authenticator {
        private final AtomicLong revision = new AtomicLong();

        @Override
        public Authentication authenticate(Credentials credentials) {
            return revision.get() > 0 && credentials instanceof Credentials.Certificate
                    ? new Authentication.Refused(Authentication.Reason.UNKNOWN_KEY)
                    : TestTls.authenticator().authenticate(credentials);
        }

        @Override
        public long revision() {
            return revision.get();
        }
    }

    private final Devices devices = new Devices();
    private Optional<TestCa> ca = Optional.empty();
    private Optional<TlsConfig> config = Optional.empty();

    @Override
    Authenticator authenticator() {
        return devices;
    }

    @Override
    int maxConnections() {
        return 10;
    }

    @Override
    Optional<TlsConfig> tlsConfig() {
        if (config.isEmpty()) {
            TestCa made = new TestCa(directory, "ca");
            ca = Optional.of(made);
            config = Optional.of(TestTls.config(directory, made.server("server", "dns:localhost,ip:127.0.0.1"), made));
        }
        return config;
    }

    private RawMqtt dialTls(Version version, Optional<Identity> shown) throws IOException {
        Socket socket = ca.orElseThrow()
                .context(shown)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), door.tlsPort());
        return remember(new RawMqtt(socket, version));
    }

    private Optional<Identity> press4() {
        return Optional.of(ca.orElseThrow().client("press-4"));
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aCertificateLetsItsDeviceInAndItsPublishesAreAcknowledged(Version version) throws Exception {
        stream.acceptAll();
        RawMqtt client = dialTls(version, press4()).enter(new Connect(version).clientId("c"));
        for (int id = 1; id <= 3; id++) {
            client.publish(Publish.reading("press-4", id));
        }
        assertEquals(List.of("PUBACK 1", "PUBACK 2", "PUBACK 3"), client.read(3));
        assertEquals(3, stream.lines().size());
        client.send(Packets.DISCONNECT);
        client.expectEnd();
        await("it is gone", () -> openConnections() == 0);
    }

    @Test
    void aPasswordAloneCountsWhereThereIsOne() throws Exception {
        RawMqtt wrong = dialTls(Version.V5, press4());
        wrong.send(new Connect(Version.V5)
                .clientId("c")
                .user("any")
                .password("wrong")
                .bytes());
        wrong.expect("CONNACK 0x86");
        // told within TLS that it ends, and not cut
        wrong.expectEnd();
        dialTls(Version.V5, press4())
                .enter(new Connect(Version.V5).clientId("c").user("any").password("admin"));
        dialTls(Version.V5, Optional.empty())
                .enter(new Connect(Version.V5).clientId("d").user("any").password("admin"));
        RawMqtt nobody = dialTls(Version.V3, Optional.empty());
        nobody.send(new Connect(Version.V3).clientId("e").bytes());
        nobody.expect("CONNACK 0x05");
        nobody.expectEnd();
    }

    @Test
    void aCertificateThatIsNobodysAnyMoreEndsItsConnection() throws Exception {
        stream.acceptAll();
        RawMqtt client = dialTls(Version.V5, press4()).enter(new Connect(Version.V5).clientId("c"));
        devices.revision.incrementAndGet();
        client.expectClosed(0x87);
    }

    /** Reading pauses above TLS, in the middle of its records, and nothing is lost or turned round. */
    @Test
    void whoIsNotReadForAWhileGoesOnWhereItWas() throws Exception {
        RawMqtt client = dialTls(Version.V3, press4()).enter(new Connect(Version.V3).clientId("c"));
        int publishes = 20 * receiveMaximum();
        for (int id = 1; id <= publishes; id++) {
            client.publish(Publish.reading("press-4", id));
        }
        await(
                "it is not read any more",
                () -> registry.get("millrace.gateway.mqtt.in.flight").gauge().value() == receiveMaximum());
        FakeStream.Call first = stream.nextCall();
        stream.acceptAll();
        first.accept(stream);
        for (int id = 1; id <= publishes; id++) {
            client.expect("PUBACK " + id);
        }
        assertEquals(publishes, stream.lines().size());
    }

    @Test
    void aHandshakeThatHasNotEndedCountsAndNoTlsIsClosed() throws Exception {
        List<Socket> silent = new ArrayList<>();
        for (int i = 0; i < maxConnections(); i++) {
            silent.add(new Socket(InetAddress.getLoopbackAddress(), door.tlsPort()));
        }
        await("all are open", () -> openConnections() == maxConnections());
        try (Socket oneMore = new Socket(InetAddress.getLoopbackAddress(), door.tlsPort())) {
            oneMore.setSoTimeout(20_000);
            assertEquals(-1, oneMore.getInputStream().read());
        }
        for (Socket socket : silent) {
            socket.close();
        }
        await("all are gone", () -> openConnections() == 0);

        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), door.tlsPort())) {
            plain.setSoTimeout(20_000);
            plain.getOutputStream().write(new Connect(Version.V5).clientId("c").bytes());
            plain.getInputStream().readAllBytes();
        } catch (IOException e) {
            // reset: the same
        }
        await(
                "it is counted",
                () -> registry.counter("millrace.gateway.tls.handshakes.failed", "reason", "not_tls")
                                .count()
                        == 1);
    }

    @Test
    void tlsOnThePortWithoutIsNoMqtt() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(new byte[] {22, 3, 1, 0, 5, 1, 0, 0, 1, 3});
            socket.getInputStream().readAllBytes();
        }
        await("it is gone", () -> openConnections() == 0);
    }

    @Test
    void mosquittoPubPublishesByItsCertificate() throws Exception {
        stream.acceptAll();
        assertEquals("", mosquitto(press4().orElseThrow(), "sensors/press-4"));
        assertEquals(1, stream.lines().size());
        assertTrue(mosquitto(press4().orElseThrow(), "sensors/a").contains("ot authorized"));

        Instant now = Instant.now();
        Identity expired = ca.orElseThrow()
                .issue("old", Leaf.of("press-4").valid(now.minus(Duration.ofDays(2)), now.minusSeconds(60)));
        assertFalse(mosquitto(expired, "sensors/press-4").isEmpty());
        assertEquals(1, stream.lines().size());
    }

    private String mosquitto(Identity own, String topic) throws Exception {
        List<String> command = new ArrayList<>(Arrays.asList("mosquitto_pub", "-V", "5", "-q", "1", "-h", "localhost"));
        command.addAll(List.of("-p", "" + door.tlsPort(), "-t", topic, "-m", "{\"t\":1,\"timestamp\":1}"));
        command.addAll(List.of("--cafile", ca.orElseThrow().bundle().file().toString()));
        command.addAll(List.of("--cert", own.certificate().toString()));
        command.addAll(List.of("--key", own.key().toString()));
        return Program.run(command.toArray(String[]::new));
    }
}
