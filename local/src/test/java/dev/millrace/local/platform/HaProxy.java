package dev.millrace.local.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A load balancer before gateways: what is not ready gets nothing new, and it tries nothing twice, so that what a gateway refuses
 * or drops, the client sees.
 */
final class HaProxy implements AutoCloseable {

    private final Process process;

    private HaProxy(Process process) {
        this.process = process;
    }

    /**
     * A gateway that is there, or may come.
     *
     * @param opsPort where its readiness is looked at
     */
    record Server(int httpPort, int mqttPort, int opsPort) {}

    /** Whether the command is on the PATH. */
    static boolean isInstalled() {
        try {
            Process version = new ProcessBuilder("haproxy", "-v")
                    .redirectErrorStream(true)
                    .start();
            version.getInputStream().readAllBytes();
            return version.waitFor() == 0;
        } catch (IOException | InterruptedException _) {
            return false;
        }
    }

    /** Starts one that spreads requests, and connections of MQTT, over the servers that are ready. */
    static HaProxy start(Path directory, int httpPort, int mqttPort, List<Server> servers) throws IOException {
        Path file = directory.resolve("haproxy.cfg");
        Files.writeString(file, """
                defaults
                  retries 0
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                  timeout check 5s
                  balance roundrobin
                  option httpchk GET /health/ready
                  http-check expect status 200
                listen devices
                  mode http
                  bind 127.0.0.1:%d
                %s
                listen mqtt
                  mode tcp
                  bind 127.0.0.1:%d
                %s
                """.formatted(httpPort, lines(servers, true), mqttPort, lines(servers, false)));
        return new HaProxy(new ProcessBuilder("haproxy", "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("haproxy.log").toFile())
                .start());
    }

    private static String lines(List<Server> servers, boolean http) {
        return servers.stream()
                .map(server -> "  server gateway-%1$d 127.0.0.1:%1$d check port %2$d inter 250ms fall 2 rise 1"
                        .formatted(http ? server.httpPort : server.mqttPort, server.opsPort))
                .collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
