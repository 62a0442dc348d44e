package dev.millrace.bench.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM holds after a collection.
 *
 * @param live bytes of objects that are reachable
 * @param resident bytes of its process in memory, the whole heap among them where that was touched at the start
 */
record JvmMemory(long live, long resident) {

    /** What keeps the heap as it is, all of it in memory, so that {@link #resident} changes by native memory alone. */
    static List<String> fixedHeap(int mebibytes) {
        return List.of("-Xms" + mebibytes + "m", "-Xmx" + mebibytes + "m", "-XX:+AlwaysPreTouch");
    }

    private static final Pattern TOTAL = Pattern.compile("^Total +\\d+ +(\\d+)", Pattern.MULTILINE);

    /** proc(5). */
    private static final Pattern RESIDENT = Pattern.compile("^VmRSS:\\s+(\\d+) kB", Pattern.MULTILINE);

    private static final int KIBIBYTE = 1024;

    /** Collects its garbage, and looks. */
    static JvmMemory of(Child jvm) throws IOException {
        long live = number(TOTAL, histogram(jvm.pid()));
        String status = Files.readString(Path.of("/proc", Long.toString(jvm.pid()), "status"));
        return new JvmMemory(live, number(RESIDENT, status) * KIBIBYTE);
    }

    /** Of the live objects by class; the JVM collects its garbage for that, whichever collector it has. */
    private static String histogram(long pid) throws IOException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static long number(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException(
                    "no " + pattern + " in " + text.lines().limit(3).toList());
        }
        return Long.parseLong(matcher.group(1));
    }

    /** Heap and native memory that this holds more. */
    long heapSince(JvmMemory before) {
        return live - before.live;
    }

    long nativeSince(JvmMemory before) {
        return resident - before.resident;
    }
}
