package dev.millrace.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.InvalidConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LauncherTest {

    /** A service whose settings are one duration and whose making fails. */
    static final class Unmakeable {
        private Unmakeable() {}

        public static void main(String[] args) {
            Launcher.run("mill", environment -> environment.duration("A_DURATION", "1s"), _ -> {
                Logger.getLogger("io.opentelemetry.exporter")
                        .log(Level.SEVERE, "Failed to export", new IOException("nobody there"));
                throw new IllegalArgumentException("no water");
            });
        }
    }

    private record Ended(int code, String output) {}

    private static Ended run(Map<String, String> environment) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Unmakeable.class.getName())
                .redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }

    @Test
    void aServiceThatCannotBeMadeEndsWithOneAndSaysWhyWithoutAStackTrace() throws Exception {
        Ended ended = run(Map.of());

        assertEquals(1, ended.code());
        assertTrue(ended.output().contains("The mill cannot start: "), ended::output);
        assertTrue(ended.output().contains("no water"), ended::output);
        assertFalse(ended.output().contains("\tat "), ended::output);
    }

    @Test
    void whatLibrariesLogByJavaUtilLoggingIsInOurFormatAndAnExportThatFailsIsOneLine() throws Exception {
        Ended ended = run(Map.of("LOG_FORMAT", "json", "LOG_LEVEL", "warn"));

        String line = ended.output()
                .lines()
                .filter(text -> text.contains("Failed to export"))
                .collect(Collectors.joining("\n"));
        assertTrue(line.startsWith("{"), ended::output);
        assertTrue(line.contains("\"level\":\"WARN\""), line);
        assertTrue(line.contains("Failed to export (java.io.IOException: nobody there)"), line);
        assertFalse(line.contains("stepArray"), line);
    }

    @Test
    void aWrongSettingEndsWithItsOwnCode() throws Exception {
        Ended ended = run(Map.of("A_DURATION", "0s"));

        assertEquals(InvalidConfiguration.EXIT_CODE, ended.code());
        assertTrue(ended.output().contains("A_DURATION: must be from 1ms to 3650d"), ended::output);
    }
}
