package dev.millrace.gateway.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.Program;
import dev.millrace.core.TestCa;
import dev.millrace.core.TestCa.Identity;
import dev.millrace.core.TestCa.Leaf;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.gateway.GatewayConfig;
import dev.millrace.gateway.tls.TlsMaterial.Parsed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsConfigTest {

    @TempDir
    private Path folder = Path.of("");

    private Optional<TestCa> ca = Optional.empty();
    private Optional<Identity> server = Optional.empty();

    @BeforeEach
    void issue() {
        ca = Optional.of(new TestCa(folder, "ca"));
        server = Optional.of(ca.get().server("gateway", "dns:localhost"));
    }

    @Test
    void withoutACertificateNothingSpeaksTls() {
        GatewayConfig config = GatewayConfig.read(environment(Map.of()));

        assertEquals(Optional.empty(), config.tls());
        assertEquals(Optional.empty(), config.http().tlsPort());
        assertEquals(Optional.empty(), config.mqtt().tlsPort());
        assertEquals(Optional.of(8080), config.http().port());
        assertEquals(Optional.of(1883), config.mqtt().port());
    }

    @Test
    void withACertificateBothDoorsSpeakTlsBesides() throws Exception {
        Environment environment = environment(files(Map.of()));
        GatewayConfig config = GatewayConfig.read(environment);
        environment.check();

        assertEquals(Optional.of(8443), config.http().tlsPort());
        assertEquals(Optional.of(8883), config.mqtt().tlsPort());
        assertEquals(Optional.of(8080), config.http().port());
        assertEquals(CertificateName.CN, config.tls().orElseThrow().name());
    }

    @Test
    void inAClusterThePortsWithoutTlsAreOff() throws Exception {
        Environment environment = environment(files(Map.of("HTTP_PORT", "off", "MQTT_PORT", "off")));
        GatewayConfig config = GatewayConfig.read(environment);
        environment.check();

        assertEquals(Optional.empty(), config.http().port());
        assertEquals(Optional.empty(), config.mqtt().port());
    }

    @Test
    void aGatewayWithoutADoorIsAMistake() {
        assertProblem(
                "HTTP_PORT: must not be off where no other port of HTTP or MQTT is open",
                Map.of("HTTP_PORT", "off", "MQTT_PORT", "off"));
    }

    @Test
    void portsAreNumbersOrOff() {
        for (String wrong : new String[] {"no", "-1", "65536", "OFF", "-0"}) {
            assertProblem(
                    "HTTPS_PORT: must be a whole number from 0 to 65535, or off", files(Map.of("HTTPS_PORT", wrong)));
        }
        assertProblem("MQTTS_PORT: must not be the same as HTTPS_PORT", files(Map.of("MQTTS_PORT", "8443")));
    }

    @Test
    void keysComeInTheThreeFormsThatToolsWrite() throws Exception {
        Identity rsa = ca.orElseThrow()
                .issue("rsa", Leaf.of("gateway").names("dns:localhost").withRsa());
        Environment environment = environment(Map.of(
                "TLS_CERT_FILE", rsa.certificate().toString(),
                "TLS_KEY_FILE", rsa.key().toString()));
        assertTrue(GatewayConfig.read(environment).tls().isPresent());
        environment.check();

        Path sec1 = folder.resolve("sec1.key");
        Program.run("openssl", "ec", "-in", server.orElseThrow().key().toString(), "-out", sec1.toString());
        assertTrue(Files.readString(sec1).contains("BEGIN EC PRIVATE KEY"));
        Environment other = environment(files(Map.of("TLS_KEY_FILE", sec1.toString())));
        assertTrue(GatewayConfig.read(other).tls().isPresent());
        other.check();
    }

    /** Each second somebody looks. */
    @Test
    void filesThatWereSeenAreNotTakenApartAgainHoweverWrongTheyAre() throws Exception {
        Identity own = server.orElseThrow();
        Path certificate = Files.copy(own.certificate(), folder.resolve("looked-at.pem"));
        TlsFiles files = new TlsFiles(certificate, own.key(), Optional.empty());
        String first = files.load().version();
        assertEquals(Optional.empty(), files.loadUnless(first));

        Files.writeString(certificate, "no certificate");
        TlsFiles.Loaded wrong = files.loadUnless(first).orElseThrow();
        assertInstanceOf(Parsed.Refused.class, wrong.parsed());
        assertEquals(Optional.empty(), files.loadUnless(wrong.version()));

        Files.delete(certificate);
        TlsFiles.Loaded gone = files.loadUnless(wrong.version()).orElseThrow();
        assertEquals(Optional.empty(), files.loadUnless(gone.version()));

        Files.copy(own.certificate(), certificate);
        TlsFiles.Loaded again = files.loadUnless(gone.version()).orElseThrow();
        assertEquals(first, again.version());
        assertInstanceOf(Parsed.Valid.class, again.parsed());
    }

    @Test
    void whatIsWrongIsToldAtTheStart() throws Exception {
        assertProblem("TLS_KEY_FILE: must be set where TLS_CERT_FILE is", without("TLS_KEY_FILE"));
        assertProblem("TLS_CERT_FILE: must be set where TLS_KEY_FILE is", without("TLS_CERT_FILE"));
        assertProblem(
                "TLS_KEY_FILE: the file cannot be read",
                files(Map.of("TLS_KEY_FILE", folder.resolve("none").toString())));
        assertProblem("TLS_KEY_FILE: the file cannot be read", files(Map.of("TLS_KEY_FILE", folder.toString())));
        assertProblem("TLS_CERT_FILE: must be a path", files(Map.of("TLS_CERT_FILE", "a\0b")));
        Identity other = ca.orElseThrow().server("other", "dns:localhost");
        assertProblem(
                "TLS_KEY_FILE: the key is not that of the certificate",
                files(Map.of("TLS_KEY_FILE", other.key().toString())));
        Identity rsa = ca.orElseThrow().issue("rsa", Leaf.of("rsa").withRsa());
        assertProblem(
                "TLS_KEY_FILE: the key is not that of the certificate",
                files(Map.of("TLS_KEY_FILE", rsa.key().toString())));
        assertProblem(
                "TLS_KEY_FILE: has no PEM private key",
                files(Map.of("TLS_KEY_FILE", other.certificate().toString())));
        assertProblem("TLS_CERT_FILE: has no PEM certificate", files(Map.of("TLS_CERT_FILE", write("empty", ""))));
        assertProblem(
                "TLS_KEY_FILE: the private key cannot be read; it must be one of RSA or EC",
                files(Map.of(
                        "TLS_KEY_FILE",
                        write("bad", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))));
        assertProblem(
                "TLS_KEY_FILE: the key is encrypted; it must be given in the clear",
                files(
                        Map.of(
                                "TLS_KEY_FILE",
                                write(
                                        "secret",
                                        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))));
        assertProblem(
                "TLS_KEY_FILE: has more than one private key",
                files(Map.of(
                        "TLS_KEY_FILE", write("two", Files.readString(other.key()) + Files.readString(rsa.key())))));
    }

    @Test
    void aChainLeadsFromTheServerToItsAuthorityAndIsNotTooLong() throws Exception {
        Identity deep = ca.orElseThrow().intermediate("middle").server("deep", "dns:localhost");
        Environment environment = environment(Map.of(
                "TLS_CERT_FILE", deep.certificate().toString(),
                "TLS_KEY_FILE", deep.key().toString()));
        assertTrue(GatewayConfig.read(environment).tls().isPresent());
        environment.check();

        String ownOnly = Files.readString(server.orElseThrow().certificate());
        String stranger = Files.readString(deep.certificate());
        assertProblem(
                "TLS_CERT_FILE: certificate 1 must be issued by the one behind it (the server's own comes first)",
                files(Map.of("TLS_CERT_FILE", write("mixed", ownOnly + stranger))));

        TestCa last = ca.orElseThrow();
        for (int i = 0; i < TlsMaterial.MAX_CHAIN; i++) {
            last = last.intermediate("level-" + i);
        }
        Identity deepest = last.server("deepest", "dns:localhost");
        assertProblem(
                "TLS_CERT_FILE: must have at most 8 certificates",
                Map.of(
                        "TLS_CERT_FILE", deepest.certificate().toString(),
                        "TLS_KEY_FILE", deepest.key().toString()));
    }

    @Test
    void aBundleHoldsAuthoritiesAndNothingElse() throws Exception {
        String authority = ca.orElseThrow().bundle().file().toString();
        Environment environment = environment(files(Map.of("CLIENT_CA_FILE", authority)));
        assertTrue(GatewayConfig.read(environment).tls().isPresent());
        environment.check();

        String own = server.orElseThrow().certificate().toString();
        assertProblem(
                "CLIENT_CA_FILE: must have certificates of authorities only", files(Map.of("CLIENT_CA_FILE", own)));
        assertProblem("CLIENT_CA_FILE: has no PEM certificate", files(Map.of("CLIENT_CA_FILE", write("nothing", ""))));
        assertProblem(
                "CLIENT_CA_FILE: is not a file of PEM certificates",
                files(Map.of(
                        "CLIENT_CA_FILE",
                        write("odd", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))));
        assertProblem(
                "CLIENT_CA_FILE: the file cannot be read",
                files(Map.of("CLIENT_CA_FILE", folder.resolve("none").toString())));
        assertProblem("CLIENT_CA_FILE: must not be set without TLS_CERT_FILE", Map.of("CLIENT_CA_FILE", authority));
        assertProblem("CLIENT_CERT_ID: must be one of cn, san-dns, san-uri", files(Map.of("CLIENT_CERT_ID", "email")));
    }

    /** Nobody is asked who they are, so nobody else may come, by TLS either. */
    @Test
    void authenticationIsOffOnLoopbackOnly() {
        Map<String, String> settings = new HashMap<>(files(Map.of("HTTP_PORT", "off", "MQTT_PORT", "off")));
        settings.put("HTTP_HOST", "0.0.0.0");
        assertProblem("AUTH: may be off only where HTTP_HOST and MQTT_HOST are loopback addresses", settings);
    }

    private String write(String name, String content) throws Exception {
        return Files.writeString(folder.resolve(name), content).toString();
    }

    private Map<String, String> files(Map<String, String> others) {
        Map<String, String> all = new HashMap<>();
        all.put("TLS_CERT_FILE", server.orElseThrow().certificate().toString());
        all.put("TLS_KEY_FILE", server.orElseThrow().key().toString());
        all.putAll(others);
        return all;
    }

    private Map<String, String> without(String name) {
        Map<String, String> all = new HashMap<>(files(Map.of()));
        all.remove(name);
        return all;
    }

    private static Environment environment(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>();
        all.put("AUTH", "off");
        all.put("HTTP_HOST", "127.0.0.1");
        all.putAll(settings);
        return new Environment(all);
    }

    /** That problem is told, and no other. */
    private static void assertProblem(String expected, Map<String, String> settings) {
        Environment environment = environment(settings);
        GatewayConfig.read(environment);
        String message = String.valueOf(
                assertThrows(InvalidConfiguration.class, environment::check).getMessage());
        assertTrue(message.contains(expected), message);
        assertEquals(2, message.lines().count(), message);
    }
}
