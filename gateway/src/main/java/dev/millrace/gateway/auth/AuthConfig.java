package dev.millrace.gateway.auth;

import dev.millrace.core.config.Environment;
import dev.millrace.gateway.auth.KeyFileParser.Parsed;
import java.net.InetAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whether callers must show who they are, and how that is known. */
public sealed interface AuthConfig {

    /** Whoever it is may do everything; only where nobody but this machine can call. */
    record Off() implements AuthConfig {}

    /**
     * Callers need a key of a file.
     *
     * @param keys what the file held when the settings were read
     * @param version that content's, for {@link KeyFile}
     */
    record Required(Path file, KeySet keys, String version) implements AuthConfig {}

    /** What {@code AUTH} and {@code API_KEYS_FILE} say of a gateway that binds to these addresses. Reads the file. */
    static AuthConfig read(Environment environment, List<String> hosts) {
        boolean off = environment
                .oneOf("AUTH", "required", List.of("required", "off"))
                .equals("off");
        boolean given = environment.optionalText("API_KEYS_FILE").isPresent();
        Optional<Path> file = environment.optional("API_KEYS_FILE", AuthConfig::path);
        if (off) {
            if (!hosts.stream().allMatch(AuthConfig::isLoopback)) {
                environment.problem(
                        "AUTH",
                        "may be off only where HTTP_HOST and MQTT_HOST are loopback addresses such as 127.0.0.1");
            }
            if (given) {
                environment.problem("API_KEYS_FILE", "must not be set where AUTH is off: no key would be asked for");
            }
            return new Off();
        }
        if (!given) {
            environment.problem("API_KEYS_FILE", "must be set where AUTH is required");
        }
        return file.map(path -> load(environment, path))
                .orElseGet(() -> new Required(Path.of("API_KEYS_FILE"), KeySet.EMPTY, ""));
    }

    private static Required load(Environment environment, Path path) {
        KeyFile.Loaded loaded = KeyFile.load(path);
        return switch (loaded.parsed()) {
            case Parsed.Valid(KeySet keys) -> new Required(path, keys, loaded.version());
            case Parsed.Refused(List<String> problems) -> {
                problems.forEach(problem -> environment.problem("API_KEYS_FILE", problem));
                yield new Required(path, KeySet.EMPTY, loaded.version());
            }
        };
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException _) {
            throw new IllegalArgumentException("must be a path");
        }
    }

    /** Whether only this machine can reach the address. A name other than localhost might be another machine tomorrow. */
    private static boolean isLoopback(String host) {
        try {
            return host.equals("localhost") || InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
