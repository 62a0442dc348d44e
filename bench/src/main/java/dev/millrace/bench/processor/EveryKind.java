package dev.millrace.bench.processor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Rules by which each series of numbers is watched in every way that there is, so that its state is as big as it gets. Their limits
 * are so far out that the rows of the benchmarks do not meet them: what is measured is watching, not alarm.
 */
final class EveryKind implements AutoCloseable {

    private static final String RULES = """
            version: 2
            rules:
              - name: every-kind
                metric: "*"
                severity: info
                alertsPerHour: 0
                above: 1000000
                clearBelow: 999999
                below: -1000000
                clearAbove: -999999
                for: 10s
                rateAbove: 100000000 per second
                flatFor: 1d
                silentFor: 1d
                deviates: {by: 1000000, window: 100}
                unusual: true
            """;

    private final Path file;

    EveryKind() throws IOException {
        file = Files.createTempFile("bench-rules", ".yaml");
        Files.writeString(file, RULES);
    }

    /** What {@code RULES_FILE} is set to. */
    String path() {
        return file.toString();
    }

    @Override
    public void close() throws IOException {
        Files.delete(file);
    }
}
