package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.gateway.auth.KeyFileParser;
import dev.millrace.gateway.auth.KeyFileParser.Parsed;
import dev.millrace.gateway.auth.Role;
import dev.millrace.gateway.device.Device;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The key to make.
 *
 * @param name what it is called in logs
 * @param sensors the sensors that a device may report, ids or beginnings of ids and {@code *}
 */
public record KeyConfig(String name, Role role, List<String> sensors) {

    /** Stands for the key that is not made yet where the gateway would look at it. No name is like it. */
    private static final ApiKey ANY = new ApiKey("~");

    /** Reads the settings of {@code key}; {@link Environment#check} tells what is wrong with them. */
    static KeyConfig read(Environment environment) {
        Optional<String> name = environment.optionalText("KEY_NAME");
        if (name.isEmpty()) {
            environment.problem("KEY_NAME", "must be set to what the key is called in logs");
        }
        name = name.filter(text -> isName(environment, text));
        String role = environment.oneOf(
                "KEY_ROLE",
                Role.DEVICE.word(),
                Arrays.stream(Role.values()).map(Role::word).toList());
        List<String> sensors = environment
                .optionalText("KEY_SENSORS")
                .map(text -> List.of(text.split(",", -1)))
                .orElse(List.of());
        KeyConfig config = new KeyConfig(name.orElse("unnamed"), Role.of(role).orElse(Role.DEVICE), sensors);
        config.check(environment);
        return config;
    }

    /** The key begins with it, which is more than the gateway's key file asks of a name. */
    private static boolean isName(Environment environment, String text) {
        if (!Device.isId(text)) {
            environment.problem("KEY_NAME", "must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit");
            return false;
        }
        return true;
    }

    /** What the gateway would say of the entry is said now, with the names of the settings. */
    private void check(Environment environment) {
        String file = new JsonObject()
                .put("keys", new JsonArray().add(new JsonObject(entry(ANY))))
                .encode();
        if (KeyFileParser.parse(file.getBytes(StandardCharsets.UTF_8)) instanceof Parsed.Refused(List<String> faults)) {
            for (String fault : faults) {
                String[] parts = fault.split(": ", 2);
                String what = parts[parts.length - 1];
                if (what.startsWith("name: ")) {
                    environment.problem("KEY_NAME", what.substring("name: ".length()));
                } else {
                    environment.problem("KEY_SENSORS", what.replaceFirst("^sensors(: |(?=\\[))", ""));
                }
            }
        }
    }

    /** The entry of a key file. */
    String entry(ApiKey key) {
        JsonObject entry =
                new JsonObject().put("name", name).put("sha256", key.sha256()).put("role", role.word());
        if (!sensors.isEmpty()) {
            entry.put("sensors", new JsonArray(sensors));
        }
        return entry.encode();
    }
}
