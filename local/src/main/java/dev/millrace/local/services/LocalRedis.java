package dev.millrace.local.services;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.embedded.core.ExecutableProvider;

/**
 * An embedded Redis on 127.0.0.1 that keeps nothing on disk.
 *
 * <p>Only the program comes from the embedded-redis library. Its own {@code RedisServer} adds a shutdown hook that ends
 * Redis while its clients still work, and leaves it in the terminal's process group, which Ctrl-C signals as a whole: here
 * Redis detaches itself, and stops when it is its turn.
 */
public final class LocalRedis implements LocalService {

    private static final Logger log = LoggerFactory.getLogger(LocalRedis.class);

    private static final Duration START_TIME = Duration.ofSeconds(10);
    private static final int EXECUTE_ATTEMPTS = 200;
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(5);
    private static final int PROBE_TIMEOUT_MILLIS = 500;

    private final int port;
    private final Path pidFile;

    private LocalRedis(int port, Path pidFile) {
        this.port = port;
        this.pidFile = pidFile;
    }

    /**
     * Starts a server and returns when it answers.
     *
     * @param port the port to listen on, 0 for one that is free
     * @param directory where its files go; the caller removes it
     */
    public static LocalRedis start(int port, Path directory) throws StartFailure {
        return start(port, directory, Reach.THIS_MACHINE);
    }

    /** As {@link #start(int, Path)}. */
    public static LocalRedis start(int port, Path directory, Reach reach) throws StartFailure {
        return start(port, directory, reach, ExecutableProvider.newJarResourceProvider(directory.toFile()));
    }

    /** As {@link #start(int, Path, Reach)}, with another program. */
    static LocalRedis start(int port, Path directory, Reach reach, ExecutableProvider program) throws StartFailure {
        Path output = directory.resolve("output.log");
        Path serverLog = directory.resolve("redis.log");
        try {
            Files.createDirectories(directory);
            int actualPort = new LoopbackPort("REDIS_PORT", port).orFree();
            Path pidFile = directory.resolve("redis.pid");
            run(command(program, reach, actualPort, directory, pidFile, serverLog), output);
            awaitReady(actualPort, pidFile);
            return new LocalRedis(actualPort, pidFile);
        } catch (IOException | RuntimeException e) {
            // The library answers a system without a binary with unchecked exceptions.
            log.debug("Redis did not start", e);
            throw StartFailure.ofServer("Redis", "REDIS_URL", e, output, serverLog);
        }
    }

    private static List<String> command(
            ExecutableProvider program, Reach reach, int port, Path directory, Path pidFile, Path serverLog)
            throws IOException {
        return List.of(
                program.get().getAbsolutePath(),
                "--bind",
                reach.host(),
                // else a server without a password turns other machines away, whatever it listens on
                "--protected-mode",
                reach == Reach.THIS_MACHINE ? "yes" : "no",
                "--port",
                Integer.toString(port),
                "--daemonize",
                "yes",
                "--dir",
                directory.toString(),
                "--pidfile",
                pidFile.toString(),
                "--logfile",
                serverLog.toString(),
                "--save",
                "",
                "--appendonly",
                "no");
    }

    /** Runs the program, which detaches the server and ends. */
    private static void run(List<String> command, Path output) throws IOException {
        Process process =
                execute(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()));
        try {
            if (!process.waitFor(START_TIME.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException("the program does not detach itself");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (process.exitValue() != 0) {
            throw new IOException("the program ended with code " + process.exitValue());
        }
    }

    /**
     * The program has just been written. What another thread forks in that moment, PostgreSQL that is, holds it open until it
     * executes its own, and what is open for writing cannot be executed (ETXTBSY, execve(2)).
     */
    private static Process execute(ProcessBuilder program) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return program.start();
            } catch (IOException e) {
                if (attempt == EXECUTE_ATTEMPTS) {
                    throw e;
                }
                pause();
            }
        }
    }

    /** Redis writes its pid file once it listens: with it, the answer is this server's and not another's. */
    private static void awaitReady(int port, Path pidFile) throws IOException {
        long end = System.nanoTime() + START_TIME.toNanos();
        while (System.nanoTime() - end < 0) {
            if (RunDirectory.server(pidFile).isPresent() && answers(port)) {
                return;
            }
            pause();
        }
        throw new IOException("no answer on port " + port + " within " + START_TIME.toSeconds() + " s");
    }

    private static void pause() throws IOException {
        try {
            // between two looks or attempts: neither a daemon that listens nor a file that is free tells anybody
            Thread.sleep(PROBE_INTERVAL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static boolean answers(int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(LoopbackPort.loopback(), port), PROBE_TIMEOUT_MILLIS);
            socket.setSoTimeout(PROBE_TIMEOUT_MILLIS);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(7);
            return new String(answer, StandardCharsets.US_ASCII).equals("+PONG\r\n");
        } catch (IOException e) {
            return false;
        }
    }

    /** The port that it listens on. */
    public int port() {
        return port;
    }

    /** The address in the form of {@code REDIS_URL}. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    @Override
    public String name() {
        return "Redis";
    }

    @Override
    public Map<String, String> settings() {
        return Map.of("REDIS_URL", url());
    }

    @Override
    public String howToReach() {
        return "redis-cli -p " + port;
    }

    @Override
    public void close() {
        RunDirectory.stop(pidFile);
    }
}
