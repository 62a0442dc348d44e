package dev.millrace.bench.load;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * {@code gateway.jar} in a process of its own, with the lock on its door that it has by default, and what it needs in another
 * process.
 */
final class GatewayUnderLoad implements AutoCloseable {

    /** More options for the gateway's JVM, separated by spaces; for profiles and experiments. */
    static final String OPTIONS = "BENCH_GATEWAY_OPTIONS";

    /** The user name says nothing to the gateway. */
    private static final String USER_NAME = "bench";

    /** What the key may report: a beginning, as devices of a line have it, so that it is looked for in each reading. */
    private static final String SENSORS = "press-*";

    private final Child services;
    private final Child gateway;
    private final Path keys;
    private final ApiKey key;
    private final ApiKey other;
    private final int port;
    private final int mqttPort;
    private final Operations operations;
    private final HttpClient http = HttpClient.newHttpClient();

    private GatewayUnderLoad(
            Child services,
            Child gateway,
            Path keys,
            ApiKey key,
            ApiKey other,
            int port,
            int mqttPort,
            Operations operations) {
        this.services = services;
        this.gateway = gateway;
        this.keys = keys;
        this.key = key;
        this.other = other;
        this.port = port;
        this.mqttPort = mqttPort;
        this.operations = operations;
    }

    /** Starts both, and returns when the gateway is ready. */
    static GatewayUnderLoad start(int shards) throws IOException, InterruptedException {
        return start(shards, List.of());
    }

    /**
     * Likewise.
     *
     * @param options for the gateway's JVM, beside those of the image
     */
    static GatewayUnderLoad start(int shards, List<String> options) throws IOException, InterruptedException {
        return start(shards, options, Map.of());
    }

    /** Likewise, with a rate for each device, in readings a second. */
    static GatewayUnderLoad startLimited(int shards, int readingsPerSecond) throws IOException, InterruptedException {
        return start(shards, List.of(), Map.of("DEVICE_READINGS_PER_SECOND", Integer.toString(readingsPerSecond)));
    }

    private static GatewayUnderLoad start(int shards, List<String> options, Map<String, String> more)
            throws IOException, InterruptedException {
        ApiKey key = ApiKey.generate("bench", new SecureRandom());
        ApiKey other = ApiKey.generate("other", new SecureRandom());
        Path keys = Files.createTempFile("bench-keys", ".json");
        Files.writeString(keys, """
                {"keys": [{"name": "bench", "role": "device", "sensors": ["%1$s"], "sha256": "%2$s"},
                          {"name": "other", "role": "device", "sensors": ["%1$s"], "sha256": "%3$s"}]}
                """.formatted(SENSORS, key.sha256(), other.sha256()));
        Child services = Child.start(
                ServicesMain.class,
                Child.StopSign.END_OF_INPUT,
                List.of(),
                Map.of("LOG_LEVEL", "WARN"),
                Integer.toString(shards));
        int port = FreePort.choose();
        int mqttPort = FreePort.choose();
        int opsPort = FreePort.choose();
        Map<String, String> settings = new HashMap<>(services.settings());
        settings.putAll(loopback(port));
        settings.putAll(more);
        settings.putAll(Map.of(
                "AUTH", "required",
                "API_KEYS_FILE", keys.toString(),
                "MQTT_PORT", Integer.toString(mqttPort),
                "OPS_PORT", Integer.toString(opsPort),
                "OPS_HOST", "127.0.0.1",
                "LOG_LEVEL", "WARN",
                "AWS_REGION", "eu-central-1",
                "AWS_ACCESS_KEY_ID", "bench",
                "AWS_SECRET_ACCESS_KEY", "bench"));
        var gateway = new GatewayUnderLoad(
                services,
                Child.startJar(Child.jar("gateway"), options(options), settings),
                keys,
                key,
                other,
                port,
                mqttPort,
                new Operations(opsPort));
        try {
            gateway.operations.awaitReady("the gateway", gateway.gateway);
            gateway.checkLock();
        } catch (IOException | InterruptedException | RuntimeException e) {
            gateway.close();
            throw e;
        }
        return gateway;
    }

    /** What is measured is a gateway that asks for a key. */
    private void checkLock() throws IOException, InterruptedException {
        HttpResponse<Void> answer = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/sensors"))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.discarding());
        if (answer.statusCode() != 401) {
            throw new IOException("the gateway answers " + answer.statusCode() + " where no key is shown");
        }
    }

    /** What a request shows to be let in; for a header's value. */
    String authorization() {
        return key.authorization();
    }

    /** What another device shows. */
    String otherAuthorization() {
        return other.authorization();
    }

    /** What another device shows over MQTT. */
    MqttLogin otherLogin() {
        return new MqttLogin(USER_NAME, other.text());
    }

    /** What a client over MQTT shows. */
    MqttLogin login() {
        return new MqttLogin(USER_NAME, key.text());
    }

    /** How the door is locked, in words. */
    String lock() {
        return "AUTH=required, a device's key for " + SENSORS;
    }

    /** Where a gateway, or what is compared with it, listens so that nobody else reaches it. */
    static Map<String, String> loopback(int port) {
        return Map.of("HTTP_HOST", "127.0.0.1", "HTTP_PORT", Integer.toString(port));
    }

    /** The options of the gateway's JVM; what is compared with it has the same. */
    static List<String> imageOptions() {
        return Child.imageOptions("gateway");
    }

    private static List<String> options(List<String> forThis) {
        return Stream.of(imageOptions(), forThis, Child.optionsFrom(OPTIONS))
                .flatMap(List::stream)
                .toList();
    }

    /** The sum of a metric's samples, such as {@code millrace_gateway_put_records_count}. */
    double metric(String name) throws IOException, InterruptedException {
        return operations.metric(name);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** The MQTT door's. */
    InetSocketAddress mqttAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), mqttPort);
    }

    Duration cpu() {
        return gateway.cpu();
    }

    /** The gateway's process. */
    Child process() {
        return gateway;
    }

    /** Makes the emulator answer PutRecords late, as Kinesis does. */
    void answerPutRecordsAfter(int millis) throws IOException, InterruptedException {
        new EmulatorFaults(Objects.requireNonNull(services.settings().get("AWS_ENDPOINT_URL_KINESIS")))
                .add("{\"fault\":\"delayAnswer\",\"operation\":\"PutRecords\",\"millis\":" + millis + "}");
    }

    /** The processor time of the emulator and what runs beside it. */
    Duration servicesCpu() {
        return services.cpu();
    }

    @Override
    public void close() {
        gateway.close();
        services.close();
        try {
            Files.deleteIfExists(keys);
        } catch (IOException e) {
            // it holds hashes alone, in the system's directory for what may stay
        }
    }
}
