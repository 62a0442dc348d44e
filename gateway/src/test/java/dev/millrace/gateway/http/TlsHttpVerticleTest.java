package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.Program;
import dev.millrace.core.TestCa;
import dev.millrace.core.TestCa.Identity;
import dev.millrace.core.TestCa.Leaf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTPS and client certificates, as real programs see them. */
class TlsHttpVerticleTest extends TlsHttpFixture {

    private static final String OF_PRESS_4 = "{\"sensorId\":\"press-4\",\"t\":1,\"timestamp\":1}";

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void speaksWhatIsModernAndHttp2(String version) throws Exception {
        String said = openssl(version, "-alpn", "h2,http/1.1");

        assertTrue(said.contains("Verify return code: 0 (ok)"), said);
        assertTrue(said.contains("ALPN protocol: h2"), said);
        assertTrue(said.contains("Acceptable client certificate CA names"), said);
        assertTrue(said.contains("GCM") || said.contains("CHACHA20"), said);
    }

    @Test
    void speaksHttp1ToWhomHasNothingElse() throws Exception {
        assertTrue(openssl("-alpn", "http/1.1").contains("ALPN protocol: http/1.1"));
        assertTrue(openssl().contains("No ALPN negotiated"));
        assertTrue(openssl("-alpn", "spdy/3").contains("alert no application protocol"));
    }

    @Test
    void speaksNothingThatIsOld() throws Exception {
        assertNoTls(openssl("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"));
        assertNoTls(openssl("-tls1", "-cipher", "ALL:@SECLEVEL=0"));
        // no forward secrecy; no authenticated encryption
        assertNoTls(openssl("-tls1_2", "-cipher", "AES128-GCM-SHA256:AES256-GCM-SHA384"));
        assertNoTls(openssl("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384"));
        assertTrue(
                openssl("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256").contains("Verify return code: 0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    void curlPostsByItsCertificate(String version) throws Exception {
        Identity own = ca().client("press-4");

        String said = curl(own, version, "-d", OF_PRESS_4);
        assertTrue(said.contains("202") && said.contains("{\"accepted\":1}"), said);
        assertTrue(said.contains("strict-transport-security: max-age=31536000"), said);
        assertTrue(said.startsWith(version.equals("--http2") ? "HTTP/2 202" : "HTTP/1.1 202"), said);

        // of another's sensor
        String other = curl(own, version, "-d", READING);
        assertTrue(other.contains(" 403") && other.contains("forbidden"), other);
    }

    @Test
    void curlComesInByAnAuthorityBelow() throws Exception {
        Identity own = ca().intermediate("middle").client("press-4");
        assertTrue(curl(own, "--http2", "-d", OF_PRESS_4).contains("{\"accepted\":1}"));
    }

    @Test
    void aHeaderAloneCountsWhereThereIsOne() throws Exception {
        Identity own = ca().client("press-4");
        String wrong = curl(own, "--http2", "-d", OF_PRESS_4, "-H", "Authorization: Bearer wrong");
        assertTrue(wrong.startsWith("HTTP/2 401"), wrong);
        String admin = curl(own, "--http2", "-d", READING, "-H", "Authorization: Bearer admin");
        assertTrue(admin.startsWith("HTTP/2 202"), admin);
    }

    @Test
    void keysWorkWithoutACertificateAndNothingWorksWithoutEither() throws Exception {
        String admin = curl(Optional.empty(), "--http1.1", "-d", READING, "-H", "Authorization: Bearer admin");
        assertTrue(admin.startsWith("HTTP/1.1 202"), admin);
        String nobody = curl(Optional.empty(), "--http2", "-d", READING);
        assertTrue(nobody.startsWith("HTTP/2 401"), nobody);
        assertTrue(nobody.contains("strict-transport-security"), nobody);
    }

    @Test
    void withoutTlsNothingSaysThatTlsIsAMust() throws Exception {
        assertFalse(
                raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").contains("strict-transport"));
    }

    @Test
    void certificatesThatAreNotValidOrNotTrustedDoNotComeIn() throws Exception {
        Instant now = Instant.now();
        Leaf leaf = Leaf.of("press-4");
        List<Identity> bad = List.of(
                ca().issue("expired", leaf.valid(now.minus(Duration.ofDays(2)), now.minusSeconds(60))),
                ca().issue("early", leaf.valid(now.plusSeconds(3600), now.plus(Duration.ofDays(2)))),
                new TestCa(directory, "strangers").client("press-4-of-strangers"));
        for (Identity own : bad) {
            String said = curl(own, "--http1.1", "-d", OF_PRESS_4);
            assertFalse(said.contains("HTTP/"), own + said);
        }
        await("each is counted", () -> handshakesFailed("certificate") == bad.size());
        assertEquals(
                bad.size(),
                registry.counter("millrace.gateway.auth.failures", "reason", "certificate")
                        .count());
    }

    @Test
    void aChainThatIsTooLongDoesNotComeIn() throws Exception {
        String longest = curl(below(7).client("press-4"), "--http1.1", "-d", OF_PRESS_4);
        assertTrue(longest.contains("{\"accepted\":1}"), longest);

        for (int levels : new int[] {8, 12}) {
            String said = curl(below(levels).client("press-4"), "--http1.1", "-d", OF_PRESS_4);
            assertFalse(said.contains("HTTP/"), said);
        }
        await("each is counted", () -> handshakesFailed("certificate") + handshakesFailed("failed") == 2);
    }

    private static TestCa below(int levels) {
        TestCa last = ca();
        for (int i = 0; i < levels; i++) {
            last = last.intermediate("level-" + i);
        }
        return last;
    }

    @Test
    void aCertificateWithAnOddNameIsNobodys() throws Exception {
        for (String name : List.of("", "press-4\0x", "press 4", "a\nb", "x".repeat(200))) {
            Identity own = ca().issue("odd", Leaf.of(name));
            String said = curl(own, "--http2", "-d", OF_PRESS_4);
            assertTrue(said.startsWith("HTTP/2 401"), said);
        }
        // who names no device may show a key
        String said = curl(
                ca().issue("odd", Leaf.of("press 4")), "--http2", "-d", READING, "-H", "Authorization: Bearer admin");
        assertTrue(said.startsWith("HTTP/2 202"), said);
    }

    @Test
    void httpOnThePortOfTlsIsClosedAndCounted() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), door.tlsPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            // reset: the same
        }
        await("it is counted", () -> handshakesFailed("not_tls") == 1);
        await("it is gone", () -> openConnections() == 0);
        assertTrue(openssl().contains("Verify return code: 0 (ok)"));
    }

    @Test
    void tlsOnThePortWithoutIsRefusedAsNoHttp() throws Exception {
        String said = Program.run("openssl", "s_client", "-connect", "127.0.0.1:" + door.port());
        assertNoTls(said);
        await(
                "it is counted",
                () -> registry.find("millrace.gateway.requests").tag("status", "400").counters().stream()
                                .mapToDouble(counter -> counter.count())
                                .sum()
                        >= 1);
        await("it is gone", () -> openConnections() == 0);
    }

    @Test
    void whoBeginsAnotherHandshakeIsClosed() throws Exception {
        String said =
                Program.runWith("R\n", "openssl", "s_client", "-connect", "127.0.0.1:" + door.tlsPort(), "-tls1_2");

        assertTrue(said.contains("RENEGOTIATING"), said);
        await("it is counted", () -> handshakesFailed("failed") == 1);
        await("it is gone", () -> openConnections() == 0);
    }

    @Test
    void manyHandshakesAtOnceAreAllServed() throws Exception {
        List<SSLSocket> open = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            open.add(dial(Optional.empty()));
        }
        await("all are counted", () -> openConnections() == 50);
        for (SSLSocket socket : open) {
            socket.close();
        }
        await("all are gone", () -> openConnections() == 0);
    }

    private static void assertNoTls(String said) {
        assertTrue(said.contains("Cipher is (NONE)") || said.contains("no cipher match"), said);
    }

    /** What s_client says, which ends as soon as its input does. */
    private String openssl(String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + door.tlsPort(),
                "-CAfile",
                ca().bundle().file().toString()));
        command.addAll(Arrays.asList(more));
        return Program.run(command.toArray(String[]::new));
    }

    private String curl(Identity own, String... more) throws Exception {
        return curl(Optional.of(own), more);
    }

    /** The answer, its head first. */
    private String curl(Optional<Identity> own, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "curl",
                "-si",
                "--max-time",
                "20",
                "--cacert",
                ca().bundle().file().toString(),
                "https://localhost:" + door.tlsPort() + "/sensors",
                "-H",
                "Content-Type: application/json"));
        own.ifPresent(identity -> command.addAll(List.of(
                "--cert",
                identity.certificate().toString(),
                "--key",
                identity.key().toString())));
        command.addAll(Arrays.asList(more));
        return Program.run(command.toArray(String[]::new));
    }
}
