package dev.millrace.gateway.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.Program;
import dev.millrace.core.TestCa.Identity;
import dev.millrace.core.TestCa.Leaf;
import dev.millrace.gateway.auth.KeyFile.Reload;
import dev.millrace.gateway.tls.TestTls;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The certificate is renewed under way: who is connected stays, who comes sees the new one, and a bad one changes nothing. */
class ReloadVerticleTest extends TlsHttpFixture {

    private static final String NAMES = "dns:localhost,ip:127.0.0.1";

    /** How far the gateway's clock is behind. */
    private long secondsBehind;

    @Override
    InstantSource tlsClock() {
        return () -> Instant.now().minusSeconds(secondsBehind);
    }

    @BeforeEach
    void takeEverything() {
        stream.acceptAll();
    }

    @Test
    void whoIsConnectedGoesOnAndWhoComesSeesTheNewCertificate() throws Exception {
        Identity next = ca().server("next", NAMES);
        try (SSLSocket one = dial(Optional.of(ca().client("a")));
                RawHttp2 two = new RawHttp2(dial(Optional.empty(), "h2"))) {
            BigInteger before = serial(one);
            post(one);
            two.post(1, READING);
            two.answer();

            TestTls.replace(directory, next);
            assertEquals(Reload.ADOPTED, reload());
            await("a new connection sees it", () -> serial().equals(next.leaf().getSerialNumber()));

            post(one);
            assertEquals(before, serial(one));
            two.post(3, READING);
            assertTrue(two.answer().startsWith("202"));
            try (SSLSocket three = dial(Optional.of(ca().client("a")))) {
                post(three);
            }
        }
        assertEquals(Reload.UNCHANGED, reload());
        assertEquals(0, stale());
    }

    @Test
    void aPairThatDoesNotFitIsRefusedAtTheSecondLookAndTheOldOneStays() throws Exception {
        BigInteger before = serial();
        Identity next = ca().server("next", NAMES);
        Identity other = ca().server("other", NAMES);
        TestTls.replace(directory, new Identity(next.certificate(), other.key(), next.chain(), other.privateKey()));

        // the key may be on its way
        assertEquals(Reload.UNCHANGED, reload());
        assertEquals(0, stale());
        assertEquals(Reload.REFUSED, reload());
        assertEquals(1, stale());
        // told once
        assertEquals(Reload.UNCHANGED, reload());
        assertEquals(1, reloads("refused"));
        assertEquals(before, serial());

        TestTls.replace(directory, next);
        assertEquals(Reload.ADOPTED, reload());
        assertEquals(0, stale());
        await("a new connection sees it", () -> serial().equals(next.leaf().getSerialNumber()));
    }

    @Test
    void aPairThatIsWrittenInTwoStepsIsTakenWithoutAWord() throws Exception {
        Identity next = ca().server("next", NAMES);
        Identity old = server();
        TestTls.replace(directory, new Identity(next.certificate(), old.key(), next.chain(), old.privateKey()));
        assertEquals(Reload.UNCHANGED, reload());
        TestTls.replace(directory, next);
        assertEquals(Reload.ADOPTED, reload());
        assertEquals(0, reloads("refused"));
    }

    @Test
    void aCertificateThatIsNotValidNowIsRefused() throws Exception {
        BigInteger before = serial();
        Instant now = Instant.now();
        for (Leaf leaf : new Leaf[] {
            Leaf.of("late").names(NAMES).valid(now.minus(Duration.ofDays(2)), now.minusSeconds(60)),
            Leaf.of("early").names(NAMES).valid(now.plusSeconds(3600), now.plus(Duration.ofDays(2)))
        }) {
            TestTls.replace(directory, ca().issue("next", leaf));
            assertEquals(Reload.UNCHANGED, reload());
            assertEquals(Reload.REFUSED, reload());
            assertEquals(before, serial());
        }
    }

    @Test
    void aCertificateThatIsNotValidYetIsToldOnceAndTakenWhenItsTimeHasCome() throws Exception {
        BigInteger before = serial();
        Instant now = Instant.now();
        Identity next = ca().issue(
                        "next",
                        Leaf.of("next").names(NAMES).valid(now.minusSeconds(3600), now.plus(Duration.ofDays(2))));
        secondsBehind = 7200;
        TestTls.replace(directory, next);
        assertEquals(Reload.UNCHANGED, reload());
        assertEquals(Reload.REFUSED, reload());
        assertEquals(Reload.UNCHANGED, reload());
        assertEquals(1, stale());
        assertEquals(before, serial());

        secondsBehind = 0;
        assertEquals(Reload.ADOPTED, reload());
        assertEquals(0, stale());
        assertEquals(1, reloads("refused"));
        assertEquals(1, reloads("adopted"));
        await("a new connection sees it", () -> serial().equals(next.leaf().getSerialNumber()));
        assertEquals(Reload.UNCHANGED, reload());
    }

    /** What was waited for is forgotten once other files stand there. */
    @Test
    void aCertificateThatWasTakenBackBeforeItsTimeIsNotTaken() throws Exception {
        Identity old = server();
        TestTls.replace(directory, old);
        reload();
        Instant now = Instant.now();
        Identity next = ca().issue(
                        "next",
                        Leaf.of("next").names(NAMES).valid(now.minusSeconds(3600), now.plus(Duration.ofDays(2))));
        secondsBehind = 7200;
        TestTls.replace(directory, next);
        reload();
        assertEquals(Reload.REFUSED, reload());
        Identity other = ca().server("other", NAMES);
        TestTls.replace(directory, new Identity(old.certificate(), other.key(), old.chain(), other.privateKey()));
        reload();
        assertEquals(Reload.REFUSED, reload());

        secondsBehind = 0;
        assertEquals(Reload.UNCHANGED, reload());
        assertEquals(1, stale());
        assertEquals(old.leaf().getSerialNumber(), serial());
    }

    @Test
    void howLongTheCertificateIsValidIsMeasured() {
        double seconds = registry.get("millrace.gateway.tls.certificate.remaining.seconds")
                .gauge()
                .value();
        assertTrue(seconds > 80_000 && seconds <= 86_400, () -> "" + seconds);
    }

    /** What a session was begun with is what it is taken up with: not the certificate, nor the authorities, from before. */
    @Test
    void noSessionIsTakenUpAgainAcrossAChange() throws Exception {
        Path session = directory.resolve("session");
        assertTrue(openssl("-sess_out", session).contains("New, TLSv1.2"));
        String again = openssl("-sess_in", session);
        assertTrue(again.contains("Reused, TLSv1.2"), again);

        Identity next = ca().server("next", NAMES);
        TestTls.replace(directory, next);
        assertEquals(Reload.ADOPTED, reload());
        await("a new connection sees it", () -> serial().equals(next.leaf().getSerialNumber()));
        assertTrue(openssl("-sess_in", session).contains("New, TLSv1.2"));
    }

    private String openssl(String option, Path session) throws Exception {
        return Program.run(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + door.tlsPort(),
                "-tls1_2",
                option,
                session.toString());
    }

    private Reload reload() {
        return tls.orElseThrow().reload();
    }

    private double reloads(String outcome) {
        return registry.counter("millrace.gateway.tls.reloads", "outcome", outcome)
                .count();
    }

    private double stale() {
        return registry.get("millrace.gateway.tls.stale").gauge().value();
    }

    /** That of the certificate which a new connection sees. */
    private BigInteger serial() {
        try (SSLSocket socket = dial(Optional.empty())) {
            return serial(socket);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static BigInteger serial(SSLSocket socket) throws IOException {
        return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
    }

    private static void post(SSLSocket socket) throws IOException {
        socket.getOutputStream()
                .write(("POST /sensors HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                                + READING.length() + "\r\n\r\n" + READING)
                        .getBytes(US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (!answer.toString().endsWith("{\"accepted\":1}")) {
            int next = socket.getInputStream().read();
            assertTrue(next >= 0, answer::toString);
            answer.append((char) next);
        }
        assertTrue(answer.toString().startsWith("HTTP/1.1 202"), answer::toString);
    }
}
