package dev.millrace.bench.load;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Mosquitto of this system in a process of its own, which asks for a password as the gateway does, stores nothing and has no
 * subscriber: what is published it acknowledges and drops.
 */
final class Mosquitto implements AutoCloseable {

    /** Debian's place first, for it is not on everybody's path; then Homebrew's. */
    private static final List<Path> PLACES = List.of(
            Path.of("/usr/sbin"), Path.of("/usr/local/sbin"), Path.of("/opt/homebrew/sbin"), Path.of("/usr/bin"));

    private static final Duration START_TIME = Duration.ofSeconds(10);
    private static final int PROBE_MILLIS = 20;

    /** Where it is not. */
    static final String MISSING = "Mosquitto is not installed (Debian: apt-get install mosquitto), nothing is claimed";

    private final Child server;
    private final Path directory;
    private final InetSocketAddress address;

    private Mosquitto(Child server, Path directory, InetSocketAddress address) {
        this.server = server;
        this.directory = directory;
        this.address = address;
    }

    /** Starts it where it is installed, and returns when it listens. */
    static Optional<Mosquitto> start(MqttLogin login) throws IOException, InterruptedException {
        Optional<Path> program = PLACES.stream()
                .map(place -> place.resolve("mosquitto"))
                .filter(Files::isExecutable)
                .findFirst();
        return program.isPresent() ? Optional.of(start(program.get(), login)) : Optional.empty();
    }

    private static Mosquitto start(Path program, MqttLogin login) throws IOException, InterruptedException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePort.choose());
        Path directory = Files.createTempDirectory("bench-mosquitto");
        Path passwords = directory.resolve("passwords");
        Files.writeString(passwords, login.userName() + ":" + login.password() + "\n");
        Path configuration = directory.resolve("mosquitto.conf");
        Files.writeString(configuration, configuration(address, passwords));
        hash(passwords);
        Child server = Child.startProgram(List.of(program.toString(), "-c", configuration.toString()), Map.of());
        var mosquitto = new Mosquitto(server, directory, address);
        try {
            mosquitto.awaitListening();
        } catch (IOException | InterruptedException | RuntimeException e) {
            mosquitto.close();
            throw e;
        }
        return mosquitto;
    }

    /** No limit that the load could meet; answers leave at once, as the gateway's do. */
    private static String configuration(InetSocketAddress address, Path passwords) {
        return """
                listener %d %s
                user %s
                allow_anonymous false
                password_file %s
                persistence false
                max_inflight_messages 0
                max_queued_messages 0
                set_tcp_nodelay true
                sys_interval 0
                connection_messages false
                log_dest stderr
                log_type error
                """.formatted(
                address.getPort(), address.getAddress().getHostAddress(), System.getProperty("user.name"), passwords);
    }

    /** Makes hashes of the file's passwords. */
    private static void hash(Path passwords) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("mosquitto_passwd", "-U", passwords.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(START_TIME.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("mosquitto_passwd does not work: " + said.strip());
        }
    }

    private void awaitListening() throws IOException, InterruptedException {
        long end = System.nanoTime() + START_TIME.toNanos();
        while (!isListening()) {
            if (!server.isAlive() || System.nanoTime() - end > 0) {
                throw new IOException("Mosquitto does not listen");
            }
            server.waitFor(PROBE_MILLIS);
        }
    }

    private boolean isListening() {
        try (var socket = new Socket()) {
            socket.connect(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    InetSocketAddress address() {
        return address;
    }

    Child process() {
        return server;
    }

    @Override
    public void close() {
        server.close();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            // it holds a hash alone, in the system's directory for what may stay
        }
    }
}
