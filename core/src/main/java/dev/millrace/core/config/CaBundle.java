package dev.millrace.core.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;

/**
 * A file of certificates of authorities, PEM, one behind the other, as cloud providers give them out.
 *
 * @param file with one certificate at least
 */
public record CaBundle(Path file) {

    /** A setting's. Messages do not tell what the file holds. */
    public static CaBundle parse(String path) {
        Path file;
        try {
            file = Path.of(path);
        } catch (InvalidPathException _) {
            throw new IllegalArgumentException("must name a file of PEM certificates");
        }
        try (InputStream in = Files.newInputStream(file)) {
            if (CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()) {
                throw new IllegalArgumentException("names a file without a PEM certificate");
            }
            return new CaBundle(file);
        } catch (IOException | SecurityException _) {
            throw new IllegalArgumentException("names a file that cannot be read");
        } catch (CertificateException _) {
            throw new IllegalArgumentException("names a file that is not one of PEM certificates");
        }
    }
}
