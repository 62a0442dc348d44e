package dev.millrace.gateway.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.core.TestCa;
import dev.millrace.core.TestCa.Leaf;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateNameTest {

    @TempDir
    private Path folder = Path.of("");

    private X509Certificate of(String commonName, String names) {
        return new TestCa(folder, "ca")
                .issue("client", Leaf.of(commonName).names(names))
                .leaf();
    }

    @Test
    void theCommonNameIsTheDevice() {
        assertEquals(Optional.of("press-4"), CertificateName.CN.deviceId(of("press-4", "dns:other")));
        assertEquals(Optional.of("a.b_C:1-2"), CertificateName.CN.deviceId(of("a.b_C:1-2", "")));
        assertEquals(Optional.empty(), CertificateName.CN.deviceId(of("", "")));
    }

    /** What could be read as another's name, end a line of a log or a statement, or is none, is nobody's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "press 4",
                " press-4",
                "press-4\0.evil",
                "press-4\nINFO all is well",
                "prëss-4",
                "press-4, CN=admin",
                "press-4+CN=admin",
                "press-4\\",
                "\"press-4\"",
                "#0c0161",
                "press*",
                "a/b",
                "'; drop table device; --",
                "\u202epress-4",
            })
    void aNameOfOddCharactersIsNobodys(String name) {
        assertEquals(Optional.empty(), CertificateName.CN.deviceId(of(name, "")));
    }

    @Test
    void anIdHasAtMost128Characters() {
        assertEquals(Optional.of("x".repeat(128)), CertificateName.CN.deviceId(of("x".repeat(128), "")));
        assertEquals(Optional.empty(), CertificateName.CN.deviceId(of("x".repeat(129), "")));
    }

    @Test
    void theFirstDnsNameIsTheDevice() {
        assertEquals(
                Optional.of("press-4"),
                CertificateName.SAN_DNS.deviceId(of("other", "uri:urn:x,dns:press-4,dns:press-5")));
        assertEquals(Optional.empty(), CertificateName.SAN_DNS.deviceId(of("press-4", "")));
        // the second is not looked for where the first is odd
        assertEquals(Optional.empty(), CertificateName.SAN_DNS.deviceId(of("other", "dns:*.plant,dns:press-5")));
    }

    @ParameterizedTest
    @CsvSource({
        "urn:millrace:press-4, press-4",
        "spiffe://plant.example/line/press-4, press-4",
        "spiffe://plant.example/line:4, line:4",
        "spiffe://plant.example/, ''",
        "https://plant/press-4?x=1, ''",
    })
    void theEndOfTheFirstUriIsTheDevice(String uri, String id) {
        assertEquals(
                Optional.of(id).filter(text -> !text.isEmpty()),
                CertificateName.SAN_URI.deviceId(of("other", "dns:x,uri:" + uri)));
    }
}
