package dev.millrace.bench.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A process that the benchmark started, mostly a JVM: a server under load, or what one needs. It ends with the benchmark. */
public final class Child implements AutoCloseable {

    /** The line with which a child of ours says that it can be used. */
    public static final String READY = "ready";

    /** proc(5): the clock tick of every Linux that runs a JVM, and where a thread's user time stands after its name. */
    private static final int MILLIS_PER_TICK = 10;

    private static final int UTIME = 11;

    private static final Pattern PEAK = Pattern.compile("^VmHWM:\\s+(\\d+) kB", Pattern.MULTILINE);

    private static final double KIBIBYTES_PER_MEBIBYTE = 1_024;

    private static final Duration STOP_TIME = Duration.ofSeconds(30);

    /** What makes a child stop in its own order. */
    public enum StopSign {
        END_OF_INPUT,
        SIGTERM
    }

    private final Process process;
    private final StopSign stopSign;
    private final Thread endWithUs;
    private final Map<String, String> settings = new HashMap<>();

    private Child(Process process, StopSign stopSign) {
        this.process = process;
        this.stopSign = stopSign;
        this.endWithUs = new Thread(process::destroy, "end " + process.pid());
        Runtime.getRuntime().addShutdownHook(endWithUs);
    }

    /** Runs the main class with this JVM's class path, and returns when it has printed {@link #READY}. */
    public static Child start(
            Class<?> main,
            StopSign stopSign,
            List<String> options,
            Map<String, String> environment,
            String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(java(), "--enable-native-access=ALL-UNNAMED"));
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Child child = new Child(
                builder(command, environment)
                        .redirectOutput(ProcessBuilder.Redirect.PIPE)
                        .start(),
                stopSign);
        BufferedReader out = child.process.inputReader(StandardCharsets.UTF_8);
        for (String line = out.readLine(); !READY.equals(line); line = out.readLine()) {
            if (line == null) {
                child.close();
                throw new IOException(main.getSimpleName() + " ended before it was ready");
            }
            int equals = line.indexOf('=');
            if (equals > 0) {
                child.settings.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return child;
    }

    /** {@code MODULE/target/MODULE.jar} beside {@code bench/target/bench.jar}. */
    public static Path jar(String module) {
        return inTree(module + "/target/" + module + ".jar");
    }

    /** The options of a program's JVM in its image. */
    public static List<String> imageOptions(String program) {
        return List.of("@" + inTree("docker/" + program + ".jvm"));
    }

    /** A file of the project, in which {@code bench/target/bench.jar} lies. */
    private static Path inTree(String file) {
        Path bench = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        return bench.resolve("../../..").resolve(file).normalize();
    }

    /** More options for a JVM, separated by spaces, from our own environment; for profiles and experiments. */
    public static List<String> optionsFrom(String variable) {
        return Arrays.stream(System.getenv().getOrDefault(variable, "").split(" ", -1))
                .filter(option -> !option.isBlank())
                .toList();
    }

    /** Runs a jar with these options and no others; whether it is ready is for the caller to find out. */
    public static Child startJar(Path jar, List<String> options, Map<String, String> environment) throws IOException {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(options);
        command.addAll(List.of("-jar", jar.toString()));
        return startProgram(command, environment);
    }

    /** Runs a program; whether it is ready is for the caller to find out. */
    static Child startProgram(List<String> command, Map<String, String> environment) throws IOException {
        return new Child(
                builder(command, environment)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start(),
                StopSign.SIGTERM);
    }

    /** This JVM's program, for a JVM of the same build. */
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static ProcessBuilder builder(List<String> command, Map<String, String> environment) {
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder;
    }

    /** The settings that it printed, {@code NAME=value}, before it was ready. */
    public Map<String, String> settings() {
        return Map.copyOf(settings);
    }

    /** Writes a line to its standard input, and waits for the next one of its standard output, which it answers. */
    public String ask(String line) throws IOException {
        Writer in = process.outputWriter(StandardCharsets.UTF_8);
        in.write(line + "\n");
        in.flush();
        String answer = process.inputReader(StandardCharsets.UTF_8).readLine();
        if (answer == null) {
            throw new IOException("a child ended when asked to " + line);
        }
        return answer;
    }

    /** The processor time that it has used, by all its threads, in user and system mode. */
    public Duration cpu() {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(() -> new IllegalStateException("process " + process.pid() + " has ended"));
    }

    /** The part of {@link #cpu} that the just-in-time compilers have used; zero where the system does not tell (only Linux does). */
    public Duration compilerCpu() {
        Path threads = Path.of("/proc", Long.toString(process.pid()), "task");
        if (!Files.isDirectory(threads)) {
            return Duration.ZERO;
        }
        try (Stream<Path> each = Files.list(threads)) {
            return Duration.ofMillis(each.mapToLong(Child::compilerTicks).sum() * MILLIS_PER_TICK);
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }

    private static long compilerTicks(Path thread) {
        try {
            String stat = Files.readString(thread.resolve("stat"));
            int afterName = stat.lastIndexOf(')');
            if (!stat.substring(0, afterName).contains("CompilerThre")) {
                return 0;
            }
            List<String> fields = List.of(stat.substring(afterName + 2).split(" ", -1));
            return Long.parseLong(fields.get(UTIME)) + Long.parseLong(fields.get(UTIME + 1));
        } catch (IOException e) {
            // the thread has ended
            return 0;
        }
    }

    /** The most memory of it that was in the machine's at a time, its files' among it (proc(5), VmHWM); only Linux tells. */
    public double peakMebibytes() throws IOException {
        String status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"));
        Matcher matcher = PEAK.matcher(status);
        if (!matcher.find()) {
            throw new IOException("process " + process.pid() + " has ended");
        }
        return Long.parseLong(matcher.group(1)) / KIBIBYTES_PER_MEBIBYTE;
    }

    /** What the system calls it. */
    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until it has ended, or for so long, and answers whether it has ended. */
    public boolean waitFor(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /** Sends SIGTERM, and does not wait. */
    public void terminate() {
        process.destroy();
    }

    /** Sends SIGKILL, and does not wait. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Asks it to stop, and waits. */
    @Override
    public void close() {
        try {
            switch (stopSign) {
                case END_OF_INPUT -> process.getOutputStream().close();
                case SIGTERM -> process.destroy();
            }
            if (!process.waitFor(STOP_TIME.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(endWithUs);
        } catch (IllegalStateException e) {
            // this process is ending, and the hook has run
        }
    }
}
