package dev.millrace.processor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.core.config.CaBundle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority of the test's own, which gives out certificates for servers; by the JDK's keytool. */
public final class TestCa {

    private static final String PASSWORD = "password";

    private final Path directory;
    private final String name;

    /** Its files are made in a directory, which may hold others'. */
    public TestCa(Path directory, String name) {
        this.directory = directory;
        this.name = name;
        keytool(store(name), "-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "bc:c");
    }

    /** A certificate and its key, PEM. */
    public record Identity(Path certificate, Path key) {}

    /** What whoever trusts it has. */
    public CaBundle bundle() {
        Path file = directory.resolve(name + ".pem");
        keytool(store(name), "-exportcert", "-rfc", "-alias", name, "-file", file.toString());
        return new CaBundle(file);
    }

    /**
     * A server's.
     *
     * @param names such as {@code dns:localhost,ip:127.0.0.1}
     */
    public Identity server(String alias, String names) {
        Path request = directory.resolve(alias + ".csr");
        Path certificate = directory.resolve(alias + ".pem");
        Path key = directory.resolve(alias + ".key");
        keytool(store(alias), "-genkeypair", "-alias", alias, "-keyalg", "EC", "-dname", "CN=" + alias);
        keytool(store(alias), "-certreq", "-alias", alias, "-file", request.toString());
        keytool(
                store(name),
                "-gencert",
                "-rfc",
                "-alias",
                name,
                "-infile",
                request.toString(),
                "-outfile",
                certificate.toString(),
                "-ext",
                "san=" + names);
        try (InputStream in = Files.newInputStream(store(alias))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            byte[] bytes = store.getKey(alias, PASSWORD.toCharArray()).getEncoded();
            Files.writeString(
                    key,
                    "-----BEGIN PRIVATE KEY-----\n"
                            + Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(bytes)
                            + "\n-----END PRIVATE KEY-----\n");
            return new Identity(certificate, key);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path store(String alias) {
        return directory.resolve(alias + ".p12");
    }

    private static void keytool(Path store, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
