package dev.millrace.deploy.kubernetes;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A certificate that says nothing about anybody, with its key, both PEM: where a setting names a file that only the operator has.
 * Java's own keytool makes it, so that no key lies in Git.
 */
record SampleCertificate(String certificate, String key) {

    private static final char[] PASSWORD = "password".toCharArray();
    private static final long SECONDS = 30;

    private static @Nullable SampleCertificate made;

    /** Made once. */
    static synchronized SampleCertificate get() throws IOException {
        SampleCertificate known = made;
        if (known == null) {
            known = make();
            made = known;
        }
        return known;
    }

    private static SampleCertificate make() throws IOException {
        Path folder = Files.createTempDirectory("millrace-certificate");
        Path store = folder.resolve("store.p12");
        try {
            Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
            Process process = new ProcessBuilder(
                            keytool.toString(),
                            "-genkeypair",
                            "-alias",
                            "sample",
                            "-dname",
                            "CN=sample",
                            "-keyalg",
                            "EC",
                            "-groupname",
                            "secp256r1",
                            "-validity",
                            "3650",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            new String(PASSWORD),
                            "-keystore",
                            store.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("keytool makes no certificate");
            }
            try (InputStream in = Files.newInputStream(store)) {
                KeyStore keys = KeyStore.getInstance("PKCS12");
                keys.load(in, PASSWORD);
                byte[] certificate = Optional.ofNullable(keys.getCertificate("sample"))
                        .orElseThrow(() -> new IOException("keytool made no certificate"))
                        .getEncoded();
                byte[] key = Optional.ofNullable(keys.getKey("sample", PASSWORD))
                        .orElseThrow(() -> new IOException("keytool made no key"))
                        .getEncoded();
                return new SampleCertificate(pem("CERTIFICATE", certificate), pem("PRIVATE KEY", key));
            }
        } catch (GeneralSecurityException e) {
            throw new IOException("keytool's certificate cannot be read", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(store);
            Files.delete(folder);
        }
    }

    private static String pem(String what, byte[] content) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(content);
        return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
    }
}
