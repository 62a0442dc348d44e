package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One of the platform's programs as a process of its own, as it is built: {@code java -jar MODULE/target/MODULE.jar}. */
final class JavaProcess implements AutoCloseable {

    /** The level, not a word of a message. */
    private static final Pattern ERROR = Pattern.compile("(?m)^\\S+ ERROR ");

    /** Where Vert.x found a thread that a busy machine, or a pause of the process, held up. */
    private static final Pattern HELD_UP =
            Pattern.compile("(?m)^\\S+ WARN +BlockedThreadChecker: .*\\R(?:(?!\\d\\d:\\d\\d:).*\\R)*");

    /** What makes a program that lives for a minute cheap: no second compiler, and no threads that collect beside it. */
    static final List<String> OPTIONS = List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private static final Duration ANSWER_TIME = Duration.ofSeconds(20);

    private final Process process;
    private final Path output;
    private final int opsPort;
    private final HttpClient client = HttpClient.newHttpClient();

    private JavaProcess(Process process, Path output, int opsPort) {
        this.process = process;
        this.output = output;
        this.opsPort = opsPort;
    }

    /** Starts a program; {@code environment} is all that it gets, but for what is the other program's ({@link Services#environment}), with a free operations port and any port for MQTT unless it says them. */
    static JavaProcess start(Path folder, String module, Map<String, String> environment, String... arguments)
            throws Exception {
        return start(folder, OPTIONS, module, environment, arguments);
    }

    /** Starts a program in a virtual machine with other options. */
    static JavaProcess start(
            Path folder, List<String> options, String module, Map<String, String> environment, String... arguments)
            throws Exception {
        List<String> all = new ArrayList<>(options);
        all.addAll(ClassArchive.options(module));
        return startWith(folder, all, module, environment, arguments);
    }

    /** Starts a program with these options of the virtual machine and no others. */
    static JavaProcess startWith(
            Path folder, List<String> options, String module, Map<String, String> environment, String... arguments)
            throws IOException {
        Path output = Files.createTempFile(folder, module + "-", ".log");
        String chosen = environment.get("OPS_PORT");
        int opsPort = chosen == null ? FreePort.choose() : Integer.parseInt(chosen);
        List<String> command = new ArrayList<>(List.of(tool("java")));
        command.addAll(options);
        command.addAll(List.of("-jar", jar(module).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        environment.forEach((name, value) -> {
            String own = module + ".";
            if (name.startsWith(own) && !environment.containsKey("DATABASE_URL")) {
                builder.environment().put(name.substring(own.length()), value);
            }
        });
        environment.forEach((name, value) -> {
            if (!name.contains(".")) {
                builder.environment().put(name, value);
            }
        });
        builder.environment().put("OPS_PORT", Integer.toString(opsPort));
        builder.environment().putIfAbsent("MQTT_PORT", "0");
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        return new JavaProcess(builder.start(), output, opsPort);
    }

    static Path jar(String module) {
        return Path.of("..", module, "target", module + ".jar");
    }

    private static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    /** What the JDK's {@code jcmd} says of it. */
    String jcmd(String command) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(tool("jcmd"), Long.toString(process.pid()), command)
                .redirectErrorStream(true)
                .start();
        String output = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, jcmd.waitFor(), output);
        return output;
    }

    /** Waits until {@code /health/ready} answers 200. */
    void awaitReady() throws Exception {
        Await.until(this + " is ready", () -> {
            if (!process.isAlive()) {
                throw new AssertionError("the process has ended:\n" + output());
            }
            return status("/health/ready") == 200;
        });
    }

    /** The port of its operations server. */
    int opsPort() {
        return opsPort;
    }

    /**
     * What the operations server answers, asked again until it does: a busy machine is silent at times, and so is a program that has just
     * started. Nothing where the process has ended.
     */
    Optional<HttpResponse<String>> answer(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + opsPort + path))
                .timeout(ANSWER_TIME)
                .build();
        List<HttpResponse<String>> answers = new ArrayList<>();
        Await.until(this + " answers " + path + " or has ended", () -> {
            try {
                answers.add(client.send(request, HttpResponse.BodyHandlers.ofString()));
                return true;
            } catch (IOException e) {
                return !process.isAlive();
            }
        });
        return answers.stream().findFirst();
    }

    /** The status of an answer of the operations server; 0 where the process has ended. */
    int status(String path) throws Exception {
        return answer(path).map(HttpResponse::statusCode).orElse(0);
    }

    /** The body of an answer of the operations server; empty where the process has ended. */
    String body(String path) throws Exception {
        return answer(path).map(HttpResponse::body).orElse("");
    }

    /** The value of a metric without tags; 0 where it is not there, or the process has ended. */
    double metric(String name) throws Exception {
        Matcher line = Pattern.compile("(?m)^" + name + " (\\S+)$").matcher(body("/metrics"));
        return line.find() ? Double.parseDouble(line.group(1)) : 0;
    }

    /** The number that the system knows it by. */
    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Ends it with SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Lets it stand still in the middle of whatever it does, with SIGSTOP. */
    void pause() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** After {@link #pause}. */
    void goOn() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        assertEquals(
                0,
                new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                        .inheritIO()
                        .start()
                        .waitFor());
    }

    /** Asks it to end with SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** Its exit code, when it has ended. */
    int awaitExit() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the process has not ended:\n" + output());
        }
        return process.exitValue();
    }

    /** What it has written. */
    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** It has logged no error and no stack trace. Warnings are allowed: Vert.x warns of a thread that a busy machine held up. */
    void assertNoFault() {
        String faults = HELD_UP.matcher(output()).replaceAll("");
        assertFalse(ERROR.matcher(faults).find(), this::output);
        assertFalse(faults.contains("\tat "), this::output);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        client.close();
    }

    @Override
    public String toString() {
        return "process " + process.pid();
    }
}
