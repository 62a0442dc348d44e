package dev.millrace.gateway.auth;

import dev.millrace.gateway.GatewayMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Key files for tests, and the keys of their entries. */
public final class TestKeys {

    private TestKeys() {}

    /** A file of entries. */
    public static String file(String... entries) {
        return "{\"keys\": [\n" + String.join(",\n", entries) + "\n]}\n";
    }

    /** The key of an entry of that name. */
    public static ApiKey key(String name) {
        return new ApiKey("key-of-" + name);
    }

    /** An entry of a name and role; its key is {@link #key}. */
    public static String entry(String name, Role role, String... sensors) {
        String patterns = sensors.length == 0
                ? ""
                : ", \"sensors\": "
                        + List.of(sensors).stream().map(s -> '"' + s + '"').collect(Collectors.joining(", ", "[", "]"));
        return "{\"name\": \"" + name + "\", \"sha256\": \"" + key(name).sha256() + "\", \"role\": \"" + role.word()
                + "\"" + patterns + "}";
    }

    /** What the content of a file is read as. */
    public static KeyFileParser.Parsed parse(String content) {
        return KeyFileParser.parse(content.getBytes(StandardCharsets.UTF_8));
    }

    /** The keys of entries that must be right. */
    public static KeySet keys(String... entries) {
        return switch (parse(file(entries))) {
            case KeyFileParser.Parsed.Valid(KeySet keys) -> keys;
            case KeyFileParser.Parsed.Refused(List<String> problems) -> throw new AssertionError(problems);
        };
    }

    /** A key file of entries that never changes. */
    public static Authenticator authenticator(String... entries) {
        return new KeyFile(Path.of("unused"), keys(entries), "", new GatewayMetrics(new SimpleMeterRegistry()));
    }
}
