package dev.millrace.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM holds after a collection.
 *
 * @param live bytes of objects that are reachable
 * @param resident bytes of its process in memory, the whole heap among them where that was touched at the start
 */
public record JvmMemory(long live, long resident) {

    /** What keeps the heap as it is, all of it in memory, so that {@link #resident} changes by native memory alone. */
    static List<String> fixedHeap(int mebibytes) {
        return List.of("-Xms" + mebibytes + "m", "-Xmx" + mebibytes + "m", "-XX:+AlwaysPreTouch");
    }

    private static final Pattern TOTAL = Pattern.compile("^Total +\\d+ +(\\d+)", Pattern.MULTILINE);

    /** proc(5). */
    private static final Pattern RESIDENT = Pattern.compile("^VmRSS:\\s+(\\d+) kB", Pattern.MULTILINE);

    private static final int KIBIBYTE = 1024;
    private static final Duration MAX_TIME = Duration.ofSeconds(60);

    /** Collects its garbage, and looks. */
    public static JvmMemory of(long pid) throws IOException, InterruptedException {
        long live = number(TOTAL, histogram(pid));
        String status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
        return new JvmMemory(live, number(RESIDENT, status) * KIBIBYTE);
    }

    /**
     * Of the live objects by class; the JVM collects its garbage for that, whichever collector it has. It goes to a file: a JVM
     * that looks at itself stands still meanwhile, and could not read it.
     */
    private static String histogram(long pid) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Path said = Files.createTempFile("bench-histogram", ".txt");
        try {
            Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.class_histogram")
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            if (!process.waitFor(MAX_TIME.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("jcmd has not ended in " + MAX_TIME);
            }
            return Files.readString(said);
        } finally {
            Files.delete(said);
        }
    }

    private static long number(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException(
                    "no " + pattern + " in " + text.lines().limit(3).toList());
        }
        return Long.parseLong(matcher.group(1));
    }

    /** Bytes of objects more than before. */
    long heapSince(JvmMemory before) {
        return live - before.live;
    }

    /** Bytes of native memory more than before; true where the whole heap was in memory before. */
    long nativeSince(JvmMemory before) {
        return resident - before.resident;
    }
}
