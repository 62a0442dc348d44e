package dev.millrace.bench.processor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * The processor time of a server that works in child processes, such as PostgreSQL: those that have ended count too (proc(5)).
 * Zero where there is no {@code /proc}.
 */
final class ServerCpu {

    /** The clock tick of every Linux that runs a JVM. */
    private static final int MILLIS_PER_TICK = 10;

    /** Where they stand behind a process's name. */
    private static final int PARENT = 1;

    private static final int USER = 11;
    private static final int FIELDS = 4;

    private static final Path PROCESSES = Path.of("/proc");

    private ServerCpu() {}

    /** So far. */
    static Duration of(long process) {
        if (!Files.isDirectory(PROCESSES)) {
            return Duration.ZERO;
        }
        try (Stream<Path> each = Files.list(PROCESSES)) {
            long ticks = each.map(ServerCpu::stat)
                    .mapToLong(stat -> ticks(stat, process))
                    .sum();
            return Duration.ofMillis(ticks * MILLIS_PER_TICK);
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }

    private static String stat(Path process) {
        if (!Character.isDigit(process.getFileName().toString().charAt(0))) {
            return "";
        }
        try {
            return Files.readString(process.resolve("stat"));
        } catch (IOException e) {
            // it has ended
            return "";
        }
    }

    /**
     * What a process has used, if it is the server or a child of it.
     *
     * @param stat as proc(5) has it: user and system time, then the same of children that have ended
     */
    static long ticks(String stat, long server) {
        int afterName = stat.lastIndexOf(')');
        if (afterName < 0) {
            return 0;
        }
        long process = Long.parseLong(stat.substring(0, stat.indexOf(' ')));
        List<String> fields = List.of(stat.substring(afterName + 2).split(" ", -1));
        if (process != server && Long.parseLong(fields.get(PARENT)) != server) {
            return 0;
        }
        return fields.subList(USER, USER + FIELDS).stream()
                .mapToLong(Long::parseLong)
                .sum();
    }
}
