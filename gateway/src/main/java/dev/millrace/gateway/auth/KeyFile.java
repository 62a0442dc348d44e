package dev.millrace.gateway.auth;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.auth.KeyFileParser.Parsed;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows who calls by the keys of a file. {@link #reload} takes what the file has become: all of it in one step, or, where it has a
 * problem, none of it, and then the keys from before stay in force. Thread-safe.
 */
public final class KeyFile implements Authenticator {

    /** The largest file: what the most keys need. */
    static final int MAX_BYTES = 16 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(KeyFile.class);
    private static final Authentication MISSING = new Authentication.Refused(Authentication.Reason.MISSING);
    private static final Authentication MALFORMED = new Authentication.Refused(Authentication.Reason.MALFORMED);
    private static final Authentication UNKNOWN = new Authentication.Refused(Authentication.Reason.UNKNOWN_KEY);

    /** What came of a look at the file. */
    public enum Reload {
        UNCHANGED,
        ADOPTED,
        REFUSED
    }

    /**
     * A file that was read.
     *
     * @param version tells it from every other content
     */
    public record Loaded(String version, Parsed parsed) {}

    private final Path path;
    private final GatewayMetrics metrics;
    private volatile KeySet keys;
    private volatile boolean stale;
    private volatile long revision;
    private String seen;

    /**
     * @param keys the keys in force at first
     * @param version that of the content that they come from
     */
    public KeyFile(Path path, KeySet keys, String version, GatewayMetrics metrics) {
        this.path = path;
        this.keys = keys;
        this.seen = version;
        this.metrics = metrics;
        metrics.keys(() -> this.keys.size(), () -> stale);
    }

    /** Reads a file; blocks. */
    public static Loaded load(Path path) {
        try {
            byte[] content = read(path);
            return content.length > MAX_BYTES
                    ? unreadable("must have at most " + MAX_BYTES / 1024 / 1024 + " MiB")
                    : new Loaded(version(ApiKey.sha256(content)), KeyFileParser.parse(content));
        } catch (IOException | SecurityException _) {
            return unreadable("the file cannot be read");
        }
    }

    private static Loaded unreadable(String problem) {
        return new Loaded(problem, new Parsed.Refused(List.of(problem)));
    }

    /** The content, or where it is too large more than {@link #MAX_BYTES} of it. */
    private static byte[] read(Path path) throws IOException {
        try (InputStream in = open(path)) {
            return in.readNBytes(MAX_BYTES + 1);
        }
    }

    private static InputStream open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            // to open a pipe would wait for a writer
            throw new IOException("not a regular file");
        }
        return Files.newInputStream(path);
    }

    private static String version(byte[] sha256) {
        return HexFormat.of().formatHex(sha256);
    }

    @Override
    public Authentication authenticate(Credentials credentials) {
        return switch (credentials) {
            case Credentials.None _ -> MISSING;
            case Credentials.Malformed _ -> MALFORMED;
            case Credentials.Bearer(String token) ->
                keys.find(ApiKey.sha256(token))
                        .<Authentication>map(found -> found)
                        .orElse(UNKNOWN);
            case Credentials.Certificate _ -> UNKNOWN;
        };
    }

    @Override
    public long revision() {
        return revision;
    }

    /**
     * Looks whether the file has another content than at the last look, and takes it over; blocks. The content counts, not its
     * time: Kubernetes swaps a link, an editor may keep the time. A problem is told once for each content that has one.
     */
    public synchronized Reload reload() {
        if (isSeen()) {
            return Reload.UNCHANGED;
        }
        Loaded loaded = load(path);
        if (loaded.version().equals(seen)) {
            return Reload.UNCHANGED;
        }
        seen = loaded.version();
        return switch (loaded.parsed()) {
            case Parsed.Valid(KeySet adopted) -> {
                keys = adopted;
                // written by one thread at a time, under the lock of this method
                revision = revision + 1;
                stale = false;
                metrics.keysReloaded(Reload.ADOPTED);
                LOG.info("The key file has changed: {} keys are in force", adopted.size());
                yield Reload.ADOPTED;
            }
            case Parsed.Refused(List<String> problems) -> {
                stale = true;
                metrics.keysReloaded(Reload.REFUSED);
                LOG.warn(
                        "The key file has changed and is refused, the {} keys from before stay in force: {}",
                        keys.size(),
                        String.join("; ", problems));
                yield Reload.REFUSED;
            }
        };
    }

    /** Whether the content is that of the last look, found out without holding it. */
    private boolean isSeen() {
        try (InputStream in = open(path)) {
            MessageDigest digest = ApiKey.newDigest();
            byte[] buffer = new byte[64 * 1024];
            int total = 0;
            for (int n = in.read(buffer); n >= 0 && total <= MAX_BYTES; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                total += n;
            }
            return total <= MAX_BYTES && version(digest.digest()).equals(seen);
        } catch (IOException | SecurityException _) {
            // the whole look says what is wrong
            return false;
        }
    }

    /** As a text that names the file alone. */
    @Override
    public String toString() {
        return "keys of " + path;
    }
}
