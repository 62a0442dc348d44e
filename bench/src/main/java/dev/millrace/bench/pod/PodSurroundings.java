package dev.millrace.bench.pod;

import dev.millrace.bench.load.Child;
import dev.millrace.bench.load.Operations;
import dev.millrace.bench.load.ServicesMain;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.port.FreePort;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * All that gateway and processor find in a cluster, on this machine: stores and stream, the APIs that a pod asks at its start, the
 * gateway's keys and certificate. The programs are told as in {@code k8s/}: logins by reference, TLS alone, a key asked for, logs in
 * JSON. The difference: no TLS to the stores, whose servers here have none.
 */
final class PodSurroundings implements AutoCloseable {

    private static final int SHARDS = 2;

    /** Short: what becomes ready within a second is measured. */
    private static final int PROBE_MILLIS = 5;

    private final Path directory;
    private final Child services;
    private final PodApis apis;
    private final ServerCertificate certificate;
    private final ApiKey key;
    private final Map<String, String> settings = new HashMap<>();
    private int pods;

    private PodSurroundings(
            Path directory, Child services, PodApis apis, ServerCertificate certificate, ApiKey key, URI database) {
        this.directory = directory;
        this.services = services;
        this.apis = apis;
        this.certificate = certificate;
        this.key = key;
        settings.putAll(apis.settings());
        settings.putAll(Map.of(
                "DATABASE_URL",
                        "postgresql://database.invalid:" + database.getPort() + database.getPath() + "?sslmode=disable",
                "DATABASE_HOST", "ssm:/iot/bench/db/endpoint",
                "REDIS_URL", "ssm:/iot/bench/redis/url",
                "AWS_ENDPOINT_URL_KINESIS", setting(services, "AWS_ENDPOINT_URL_KINESIS"),
                "KINESIS_STREAM", ServicesMain.STREAM,
                "AWS_REGION", "eu-central-1",
                "ENVIRONMENT", "bench",
                "LOG_FORMAT", "json",
                "OPS_HOST", "127.0.0.1"));
    }

    /** Starts all of it. */
    static PodSurroundings start() throws IOException, InterruptedException {
        Child services = Child.start(
                ServicesMain.class,
                Child.StopSign.END_OF_INPUT,
                List.of(),
                Map.of("LOG_LEVEL", "WARN"),
                Integer.toString(SHARDS));
        Path directory = Files.createTempDirectory("millrace-pods");
        try {
            URI database = URI.create(setting(services, "DATABASE_URL"));
            String[] login = database.getUserInfo().split(":", 2);
            String secret = new JsonObject()
                    .put("username", login[0])
                    .put("password", login[1])
                    .encode();
            PodApis apis = new PodApis(
                    Map.of("iot-db-bench", secret),
                    Map.of(
                            "/iot/bench/db/endpoint",
                            "127.0.0.1",
                            "/iot/bench/redis/url",
                            setting(services, "REDIS_URL")));
            ApiKey key = ApiKey.generate("bench", new SecureRandom());
            Files.writeString(
                    directory.resolve("keys.json"),
                    "{\"keys\": [{\"name\": \"bench\", \"role\": \"admin\", \"sha256\": \"" + key.sha256() + "\"}]}\n");
            return new PodSurroundings(directory, services, apis, ServerCertificate.make(directory), key, database);
        } catch (IOException | InterruptedException | RuntimeException e) {
            services.close();
            remove(directory);
            throw e;
        }
    }

    private static String setting(Child services, String name) {
        return Objects.requireNonNull(services.settings().get(name), name);
    }

    /**
     * A program that is ready.
     *
     * @param devices where the gateway takes readings
     * @param start how long it took from the start of its process
     */
    record Pod(Child process, Operations operations, URI devices, Duration start) implements AutoCloseable {

        @Override
        public void close() {
            process.close();
        }
    }

    /** Starts a program with these options and no others, and waits until it says that it is ready. */
    Pod run(PodProgram program, Path jar, List<String> options) throws IOException, InterruptedException {
        int opsPort = FreePort.choose();
        int doorPort = FreePort.choose();
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("OPS_PORT", Integer.toString(opsPort));
        environment.putAll(login("DATABASE"));
        environment.putAll(
                switch (program) {
                    case GATEWAY -> gateway(doorPort, FreePort.choose());
                    case PROCESSOR -> processor("processor-" + ++pods);
                });
        Operations operations = new Operations(opsPort);
        long start = System.nanoTime();
        Child process = Child.startJar(jar, options, environment);
        try {
            operations.awaitReady("the " + program.word(), process, PROBE_MILLIS);
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.close();
            throw e;
        }
        Duration time = Duration.ofNanos(System.nanoTime() - start);
        return new Pod(process, operations, URI.create("https://localhost:" + doorPort), time);
    }

    private static Map<String, String> login(String prefix) {
        return Map.of(
                prefix + "_USER", "secret:iot-db-bench#username",
                prefix + "_PASSWORD", "secret:iot-db-bench#password");
    }

    private Map<String, String> gateway(int httpsPort, int mqttsPort) {
        return Map.of(
                "HTTP_HOST", "127.0.0.1",
                "MQTT_HOST", "127.0.0.1",
                "HTTP_PORT", "off",
                "MQTT_PORT", "off",
                "HTTPS_PORT", Integer.toString(httpsPort),
                "MQTTS_PORT", Integer.toString(mqttsPort),
                "TLS_CERT_FILE", certificate.certificate().toString(),
                "TLS_KEY_FILE", certificate.key().toString(),
                "API_KEYS_FILE", directory.resolve("keys.json").toString());
    }

    private static Map<String, String> processor(String pod) {
        Map<String, String> settings = new HashMap<>(login("DATABASE_MIGRATION"));
        settings.put("MEMBERSHIP", "kubernetes");
        settings.put("POD_NAMESPACE", PodApis.NAMESPACE);
        settings.put("POD_NAME", pod);
        return settings;
    }

    /** Readings for the gateway. */
    Readings readings(Pod gateway) {
        return new Readings(gateway.devices(), key, certificate.trusting());
    }

    @Override
    public void close() {
        services.close();
        apis.close();
        remove(directory);
    }

    private static void remove(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // in the system's directory for what may stay; its key is for localhost and two days
        }
    }
}
