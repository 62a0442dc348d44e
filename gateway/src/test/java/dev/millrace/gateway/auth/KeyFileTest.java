package dev.millrace.gateway.auth;

import static dev.millrace.gateway.auth.TestKeys.entry;
import static dev.millrace.gateway.auth.TestKeys.file;
import static dev.millrace.gateway.auth.TestKeys.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.FileWatch;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.auth.KeyFile.Reload;
import dev.millrace.gateway.auth.KeyFileParser.Parsed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private Path folder = Path.of("");
    private Path path = Path.of("");

    @BeforeEach
    void write(@TempDir Path given) throws Exception {
        folder = given;
        path = folder.resolve("keys.json");
        Files.writeString(path, file(entry("old", Role.READER), entry("kept", Role.READER)));
    }

    @Test
    void aKeyIsKnownByItsHash() {
        KeyFile keys = open();

        assertEquals("old", name(keys, "old"));
        assertEquals(Authentication.Reason.UNKNOWN_KEY, refusal(keys, new Credentials.Bearer("key-of-ol")));
        assertEquals(
                Authentication.Reason.UNKNOWN_KEY,
                refusal(keys, new Credentials.Bearer(key("old").sha256())),
                "what stands in the file opens nothing");
        assertEquals(Authentication.Reason.MISSING, refusal(keys, new Credentials.None()));
        assertEquals(Authentication.Reason.MALFORMED, refusal(keys, new Credentials.Malformed()));
    }

    @Test
    void aChangeTakesKeysInAndOut() throws Exception {
        KeyFile keys = open();
        assertEquals(Reload.UNCHANGED, keys.reload());

        Files.writeString(path, file(entry("new", Role.READER), entry("kept", Role.ADMIN)));
        assertEquals("old", name(keys, "old"), "not before it was looked at");
        assertEquals(Reload.ADOPTED, keys.reload());

        assertEquals("", name(keys, "old"));
        assertEquals("new", name(keys, "new"));
        assertEquals("kept", name(keys, "kept"));
        assertEquals(Reload.UNCHANGED, keys.reload());
        assertEquals(1, reloads("adopted"));
        assertEquals(2, registry.get("millrace.gateway.keys").gauge().value());
    }

    @Test
    void theContentCountsAndNotItsTimeOrSize() throws Exception {
        KeyFile keys = open();
        FileTime time = Files.getLastModifiedTime(path);

        Files.writeString(path, file(entry("new", Role.READER), entry("kept", Role.READER)));
        Files.setLastModifiedTime(path, time);
        assertEquals(Reload.ADOPTED, keys.reload());
        assertEquals("new", name(keys, "new"));

        Files.setLastModifiedTime(path, FileTime.fromMillis(0));
        assertEquals(Reload.UNCHANGED, keys.reload());
    }

    @Test
    void theLinksThatKubernetesSwapsAreFollowed() throws Exception {
        Path first = Files.createDirectory(folder.resolve("..1"));
        Path second = Files.createDirectory(folder.resolve("..2"));
        Files.writeString(first.resolve("k"), file(entry("old", Role.READER)));
        Files.writeString(second.resolve("k"), file(entry("new", Role.READER)));
        Path data = Files.createSymbolicLink(folder.resolve("..data"), first.getFileName());
        path = Files.createSymbolicLink(folder.resolve("k"), Path.of("..data", "k"));
        KeyFile keys = open();
        assertEquals("old", name(keys, "old"));

        Path swapped = Files.createSymbolicLink(folder.resolve("..tmp"), second.getFileName());
        Files.move(swapped, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);

        assertEquals(Reload.ADOPTED, keys.reload());
        assertEquals("", name(keys, "old"));
        assertEquals("new", name(keys, "new"));
    }

    @Test
    void aBadFileLeavesTheKeysInForceAndIsToldOnce() throws Exception {
        KeyFile keys = open();
        String good = Files.readString(path);
        List<String> bad = List.of(
                file(entry("new", Role.READER), "7"), good.substring(0, good.length() / 2), "", file(), "x".repeat(99));
        for (String content : bad) {
            Files.writeString(path, content);
            assertEquals(Reload.REFUSED, keys.reload());
            assertEquals(Reload.UNCHANGED, keys.reload());
            assertEquals("old", name(keys, "old"));
            assertEquals("", name(keys, "new"));
            assertEquals(1, registry.get("millrace.gateway.keys.stale").gauge().value());
        }
        assertEquals(bad.size(), reloads("refused"));

        Files.writeString(path, good);
        assertEquals(Reload.ADOPTED, keys.reload());
        assertEquals(0, registry.get("millrace.gateway.keys.stale").gauge().value());
    }

    @Test
    void aFileThatIsGoneOrTooLargeLeavesTheKeysInForce() throws Exception {
        KeyFile keys = open();

        Files.delete(path);
        assertEquals(Reload.REFUSED, keys.reload());
        assertEquals(Reload.UNCHANGED, keys.reload());
        Files.createDirectory(path);
        assertEquals(Reload.UNCHANGED, keys.reload(), "unreadable still");
        Files.delete(path);
        Files.write(path, new byte[KeyFile.MAX_BYTES + 1]);
        assertEquals(Reload.REFUSED, keys.reload());
        assertEquals(Reload.UNCHANGED, keys.reload());

        assertEquals("old", name(keys, "old"));
        assertEquals(2, reloads("refused"));
    }

    @Test
    void whoAsksWhileTheFileChangesSeesOneStateOrTheOther() throws Exception {
        String[] states = {file(entry("a", Role.READER), entry("b", Role.READER)), file(entry("a", Role.ADMIN))};
        Files.writeString(path, states[0]);
        KeyFile keys = open();
        AtomicBoolean done = new AtomicBoolean();
        List<CompletableFuture<Long>> askers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            askers.add(CompletableFuture.supplyAsync(
                    () -> {
                        long asked = 0;
                        while (!done.get()) {
                            assertEquals("a", name(keys, "a"), "in both states");
                            asked++;
                        }
                        return asked;
                    },
                    Thread.ofPlatform()::start));
        }
        for (int i = 1; i <= 200; i++) {
            Files.writeString(path, states[i % 2]);
            // two threads at once: one adopts it
            CompletableFuture<Reload> other = CompletableFuture.supplyAsync(keys::reload);
            List<Reload> both = List.of(keys.reload(), other.join());
            assertTrue(both.contains(Reload.ADOPTED) && both.contains(Reload.UNCHANGED), both.toString());
            assertEquals(i % 2 == 0 ? "b" : "", name(keys, "b"));
        }
        done.set(true);
        for (CompletableFuture<Long> asker : askers) {
            assertTrue(asker.join() > 0);
        }
    }

    @Test
    void theWatchLooksByItself() throws Exception {
        KeyFile keys = open();
        Vertx vertx = Vertx.vertx();
        try {
            FileWatch watch = new FileWatch(vertx, "key file", keys::reload, Duration.ofMillis(5));
            watch.start();
            Files.writeString(path, file(entry("new", Role.READER)));
            while (name(keys, "new").isEmpty()) {
                LockSupport.parkNanos(2_000_000);
            }
            assertEquals("", name(keys, "old"));
            watch.stop();
        } finally {
            vertx.close().await();
        }
    }

    private KeyFile open() {
        KeyFile.Loaded loaded = KeyFile.load(path);
        KeySet keys = assertInstanceOf(Parsed.Valid.class, loaded.parsed()).keys();
        return new KeyFile(path, keys, loaded.version(), new GatewayMetrics(registry));
    }

    /** The name that belongs to the key of a name; empty where the key is not known. */
    private static String name(KeyFile keys, String name) {
        return switch (keys.authenticate(new Credentials.Bearer(key(name).text()))) {
            case Authentication.Authenticated(Principal principal, Instant _) -> principal.name();
            case Authentication.Refused _ -> "";
        };
    }

    private static Authentication.Reason refusal(KeyFile keys, Credentials credentials) {
        return assertInstanceOf(Authentication.Refused.class, keys.authenticate(credentials))
                .reason();
    }

    private double reloads(String outcome) {
        return registry.get("millrace.gateway.keys.reloads")
                .tag("outcome", outcome)
                .counter()
                .count();
    }
}
