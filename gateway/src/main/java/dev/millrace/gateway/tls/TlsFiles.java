package dev.millrace.gateway.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.gateway.tls.TlsMaterial.Parsed;
import dev.millrace.gateway.tls.TlsMaterial.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where certificate, key and the authorities of clients stand.
 *
 * @param clientAuthorities empty: clients are not asked for a certificate
 */
record TlsFiles(Path certificate, Path key, Optional<Path> clientAuthorities) {

    /** The largest of them: what {@link TlsMaterial#MAX_AUTHORITIES} need, and some. */
    static final int MAX_BYTES = 4 * 1024 * 1024;

    /**
     * Files that were read.
     *
     * @param version tells their content from every other
     */
    record Loaded(String version, Parsed parsed) {}

    /** Reads them; blocks. */
    Loaded load() {
        return content().load();
    }

    /**
     * Reads them, and takes them apart where their content is another than one that was seen; blocks. The rest costs a processor
     * much more than the reading: signatures are made and verified.
     */
    Optional<Loaded> loadUnless(String seen) {
        return Optional.of(content())
                .filter(content -> !content.version.equals(seen))
                .map(Content::load);
    }

    private Content content() {
        List<Problem> problems = new ArrayList<>();
        Optional<byte[]> first = read("TLS_CERT_FILE", certificate, problems);
        Optional<byte[]> second = read("TLS_KEY_FILE", key, problems);
        Optional<byte[]> third = clientAuthorities.flatMap(path -> read("CLIENT_CA_FILE", path, problems));
        String version = version(List.of(first, second, third), problems);
        return new Content(
                version,
                () -> problems.isEmpty()
                        ? TlsMaterial.parse(first.orElseThrow(), second.orElseThrow(), third)
                        : new Parsed.Refused(problems));
    }

    /** What stands in them, not taken apart yet. */
    private record Content(String version, Supplier<Parsed> parser) {

        Loaded load() {
            return new Loaded(version, parser.get());
        }
    }

    private static Optional<byte[]> read(String setting, Path path, List<Problem> problems) {
        try (InputStream in = open(path)) {
            byte[] content = in.readNBytes(MAX_BYTES + 1);
            if (content.length > MAX_BYTES) {
                problems.add(new Problem(setting, "must have at most " + MAX_BYTES / 1024 / 1024 + " MiB"));
                return Optional.empty();
            }
            return Optional.of(content);
        } catch (IOException | SecurityException _) {
            problems.add(new Problem(setting, "the file cannot be read"));
            return Optional.empty();
        }
    }

    private static InputStream open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            // to open a pipe would wait for a writer
            throw new IOException("not a regular file");
        }
        return Files.newInputStream(path);
    }

    private static String version(List<Optional<byte[]>> contents, List<Problem> problems) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Optional<byte[]> content : contents) {
                byte[] bytes = content.orElse(new byte[0]);
                digest.update((bytes.length + ":").getBytes(US_ASCII));
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest()) + problems;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
