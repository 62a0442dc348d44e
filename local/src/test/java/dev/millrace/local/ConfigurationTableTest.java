package dev.millrace.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.core.config.ReferenceStoreConfig;
import dev.millrace.core.lifecycle.Launcher;
import dev.millrace.gateway.GatewayConfig;
import dev.millrace.gateway.auth.KeyFileParser;
import dev.millrace.local.replay.ReplayConfig;
import dev.millrace.processor.ProcessorConfig;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The README's table of settings against what the code asks for: names, readers and defaults. */
class ConfigurationTableTest {

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([A-Z_]+)` \\| ([GPLRK ]+) \\|([^|]*)\\|");

    @Test
    void theReadmeNamesEverySettingItsReadersAndItsDefault() throws Exception {
        String readme = Files.readString(Path.of("..", "README.md"));
        Map<String, String> documented = new TreeMap<>();
        Matcher row = ROW.matcher(readme);
        while (row.find()) {
            documented.put(
                    row.group(1),
                    row.group(2) + ": " + row.group(3).replace("`", "").strip());
        }

        assertEquals(asked(), documented);
    }

    @Test
    void theReadmesKeyFileIsOne() throws Exception {
        String readme = Files.readString(Path.of("..", "README.md"));
        int start = readme.indexOf("    {\"keys\": [");
        String file = readme.substring(start, readme.indexOf("    ]}\n", start) + "    ]}\n".length());

        KeyFileParser.Parsed parsed = KeyFileParser.parse(file.getBytes(StandardCharsets.UTF_8));

        assertEquals(
                2,
                assertInstanceOf(KeyFileParser.Parsed.Valid.class, parsed)
                        .keys()
                        .size());
    }

    private static Map<String, String> asked() {
        Map<String, Map<String, String>> readers = new LinkedHashMap<>();
        Environment gateway = new Environment(Map.of());
        GatewayConfig.read(gateway);
        Launcher.readLogging(gateway);
        ReferenceStoreConfig.read(gateway);
        readers.put("G", gateway.asked());
        Environment processor = new Environment(Map.of());
        ProcessorConfig.read(processor);
        Launcher.readLogging(processor);
        ReferenceStoreConfig.read(processor);
        readers.put("P", processor.asked());
        Environment local = new Environment(Map.of());
        LocalConfig.read(local);
        Launcher.readLogging(local);
        ReferenceStoreConfig.read(local);
        readers.put("L", local.asked());
        Environment replay = new Environment(Map.of());
        try {
            ReplayConfig.read(replay, URI.create("http://localhost:8080"), Optional.empty());
        } catch (InvalidConfiguration e) {
            // it needs a file, a sensor and a measurement; asking for them is enough here
        }
        readers.put("R", replay.asked());
        Environment key = new Environment(Map.of());
        KeyConfig.read(key);
        readers.put("K", key.asked());

        Map<String, List<String>> who = new TreeMap<>();
        Map<String, List<String>> defaults = new TreeMap<>();
        readers.forEach((reader, settings) -> settings.forEach((name, value) -> {
            who.computeIfAbsent(name, _ -> new ArrayList<>()).add(reader);
            List<String> values = defaults.computeIfAbsent(name, _ -> new ArrayList<>());
            if (!values.contains(value)) {
                values.add(value);
            }
        }));
        Map<String, String> result = new TreeMap<>();
        who.forEach((name, letters) -> result.put(
                name, String.join(" ", letters) + ": " + String.join(", ", defaults.getOrDefault(name, List.of()))));
        return result;
    }
}
