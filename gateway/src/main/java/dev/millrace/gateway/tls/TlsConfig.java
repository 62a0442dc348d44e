package dev.millrace.gateway.tls;

import dev.millrace.core.config.Environment;
import dev.millrace.gateway.tls.TlsMaterial.Parsed;
import dev.millrace.gateway.tls.TlsMaterial.Problem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * TLS, where there is any.
 *
 * @param files what it is read from
 * @param material what they held when the settings were read
 * @param version that content's
 * @param name which name in a client's certificate is the device
 * @param handshakeTimeout how long a connection may take from its first byte to where a request could come
 */
public record TlsConfig(
        TlsFiles files, TlsMaterial material, String version, CertificateName name, Duration handshakeTimeout) {

    /** As long as a connection of MQTT may be without a CONNECT. */
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

    /**
     * What {@code TLS_CERT_FILE}, {@code TLS_KEY_FILE}, {@code CLIENT_CA_FILE} and {@code CLIENT_CERT_ID} say. Reads the files.
     * Empty where there is no TLS, and where something is wrong with it, which is noted.
     */
    public static Optional<TlsConfig> read(Environment environment) {
        boolean certificateGiven = environment.optionalText("TLS_CERT_FILE").isPresent();
        boolean keyGiven = environment.optionalText("TLS_KEY_FILE").isPresent();
        boolean authoritiesGiven = environment.optionalText("CLIENT_CA_FILE").isPresent();
        Optional<Path> certificate = environment.optional("TLS_CERT_FILE", TlsConfig::path);
        Optional<Path> key = environment.optional("TLS_KEY_FILE", TlsConfig::path);
        Optional<Path> authorities = environment.optional("CLIENT_CA_FILE", TlsConfig::path);
        CertificateName name = name(environment);
        if (certificateGiven != keyGiven) {
            environment.problem(
                    certificateGiven ? "TLS_KEY_FILE" : "TLS_CERT_FILE",
                    "must be set where " + (certificateGiven ? "TLS_CERT_FILE" : "TLS_KEY_FILE") + " is");
        }
        if (authoritiesGiven && !certificateGiven && !keyGiven) {
            environment.problem(
                    "CLIENT_CA_FILE", "must not be set without TLS_CERT_FILE: nobody could show a certificate");
        }
        boolean whole = certificate.isPresent() && key.isPresent() && authoritiesGiven == authorities.isPresent();
        return whole
                ? load(environment, new TlsFiles(certificate.get(), key.get(), authorities), name)
                : Optional.empty();
    }

    /** The same with another time for handshakes. */
    public TlsConfig withHandshakeTimeout(Duration timeout) {
        return new TlsConfig(files, material, version, name, timeout);
    }

    private static Optional<TlsConfig> load(Environment environment, TlsFiles files, CertificateName name) {
        TlsFiles.Loaded loaded = files.load();
        return switch (loaded.parsed()) {
            case Parsed.Valid(TlsMaterial material) ->
                Optional.of(new TlsConfig(files, material, loaded.version(), name, HANDSHAKE_TIMEOUT));
            case Parsed.Refused(List<Problem> problems) -> {
                problems.forEach(problem -> environment.problem(problem.setting(), problem.message()));
                yield Optional.empty();
            }
        };
    }

    private static CertificateName name(Environment environment) {
        List<CertificateName> all = Arrays.asList(CertificateName.values());
        String word = environment.oneOf(
                "CLIENT_CERT_ID",
                CertificateName.CN.word(),
                all.stream().map(CertificateName::word).toList());
        return all.stream().filter(name -> name.word().equals(word)).findFirst().orElse(CertificateName.CN);
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException _) {
            throw new IllegalArgumentException("must be a path");
        }
    }
}
