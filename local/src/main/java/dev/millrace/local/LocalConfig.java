package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.services.LoopbackPort;
import dev.millrace.local.services.Reach;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The settings of the platform on one machine.
 *
 * @param ports where its parts listen
 * @param external the servers that run elsewhere
 * @param reach from where the servers that are started here can be reached, where they are started alone
 * @param stream the emulator's stream
 * @param simulation the simulated devices
 * @param authRequired whether the platform's gateway asks its callers for keys; else it is open to this machine
 * @param keysGiven whether there is a file of keys; else the platform makes its first ones
 */
public record LocalConfig(
        Ports ports,
        External external,
        Reach reach,
        Stream stream,
        Simulation simulation,
        boolean authRequired,
        boolean keysGiven) {

    /** The ports, each on the loopback interface, 0 for one that is free. */
    public record Ports(
            int http, int mqtt, int operations, int processorOperations, int database, int redis, int kinesis) {}

    /**
     * The servers to use instead of embedded ones.
     *
     * @param databaseUrl a PostgreSQL; empty: the embedded one is started
     * @param redisUrl a Redis; empty: the embedded one is started
     */
    public record External(Optional<String> databaseUrl, Optional<String> redisUrl) {

        /** Without the addresses, which may hold passwords. */
        @Override
        public String toString() {
            return "External[databaseUrl=" + databaseUrl.map(_ -> "set") + ", redisUrl=" + redisUrl.map(_ -> "set")
                    + "]";
        }
    }

    /** The emulator's stream and how many shards it has, 1 to 16. */
    public record Stream(String name, int shards) {}

    /**
     * The simulated devices.
     *
     * @param sensors how many, 0 to 10,000
     * @param gateway where half of them publish to over HTTP; so does replay
     * @param mqttGateway where the other half publishes to over MQTT
     * @param seed what their values derive from
     * @param key what they show the gateway; so does replay
     */
    public record Simulation(int sensors, URI gateway, URI mqttGateway, int seed, Optional<ApiKey> key) {

        public static final int MAX_SENSORS = 10_000;
    }

    /** The ports of the services that are started here, in the order of the documentation: those elsewhere need none. */
    public List<LoopbackPort> servicePorts() {
        List<LoopbackPort> used = new ArrayList<>();
        if (external.databaseUrl().isEmpty()) {
            used.add(new LoopbackPort("DATABASE_PORT", ports.database()));
        }
        if (external.redisUrl().isEmpty()) {
            used.add(new LoopbackPort("REDIS_PORT", ports.redis()));
        }
        used.add(kinesisPort());
        return List.copyOf(used);
    }

    /** The ports of the whole platform: of its programs and {@link #servicePorts}. */
    public List<LoopbackPort> platformPorts() {
        List<LoopbackPort> used = new ArrayList<>(List.of(
                new LoopbackPort("HTTP_PORT", ports.http()),
                new LoopbackPort("MQTT_PORT", ports.mqtt()),
                new LoopbackPort("OPS_PORT", ports.operations()),
                new LoopbackPort("PROCESSOR_OPS_PORT", ports.processorOperations())));
        used.addAll(servicePorts());
        return List.copyOf(used);
    }

    public LoopbackPort kinesisPort() {
        return new LoopbackPort("KINESIS_PORT", ports.kinesis());
    }

    /** Reads the settings; {@link Environment#check} tells what is wrong with them. */
    public static LocalConfig read(Environment environment) {
        var ports = new Ports(
                environment.port("HTTP_PORT", 8080),
                environment.port("MQTT_PORT", 1883),
                environment.port("OPS_PORT", 9090),
                environment.port("PROCESSOR_OPS_PORT", 9091),
                environment.port("DATABASE_PORT", 15_432),
                environment.port("REDIS_PORT", 16_379),
                environment.port("KINESIS_PORT", 4567));
        var external = new External(environment.optionalText("DATABASE_URL"), environment.optionalText("REDIS_URL"));
        Reach reach = environment
                        .oneOf(
                                "SERVICES_HOST",
                                Reach.THIS_MACHINE.host(),
                                List.of(Reach.THIS_MACHINE.host(), Reach.OTHER_MACHINES.host()))
                        .equals(Reach.OTHER_MACHINES.host())
                ? Reach.OTHER_MACHINES
                : Reach.THIS_MACHINE;
        var simulation = new Simulation(
                environment.integer("SIMULATED_SENSORS", 20, 0, Simulation.MAX_SENSORS),
                gateway(environment, ports.http()),
                mqttGateway(environment, ports.mqtt()),
                environment.integer("SIMULATION_SEED", 1, 0, Integer.MAX_VALUE),
                environment.optional("API_KEY", ApiKey::new));
        var stream = new Stream(
                environment.text("KINESIS_STREAM", "sensor-data-stream-" + environment.text("ENVIRONMENT", "dev")),
                environment.integer("KINESIS_SHARDS", 2, 1, 16));
        boolean authRequired =
                environment.oneOf("AUTH", "off", List.of("required", "off")).equals("required");
        return new LocalConfig(
                ports,
                external,
                reach,
                stream,
                simulation,
                authRequired,
                environment.optionalText("API_KEYS_FILE").isPresent());
    }

    /** The gateway's address, {@code GATEWAY_URL}, by default the one on this machine. */
    private static URI gateway(Environment environment, int httpPort) {
        return address(
                environment,
                "GATEWAY_URL",
                "http://localhost:" + httpPort,
                uri -> "http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    }

    /** The gateway's address for MQTT, {@code GATEWAY_MQTT_URL}, by default the one on this machine. */
    private static URI mqttGateway(Environment environment, int mqttPort) {
        return address(
                environment,
                "GATEWAY_MQTT_URL",
                "mqtt://localhost:" + mqttPort,
                uri -> "mqtt".equals(uri.getScheme())
                        && uri.getRawUserInfo() == null
                        && uri.getRawPath().isEmpty());
    }

    private static URI address(Environment environment, String variable, String here, Predicate<URI> rightKind) {
        String text = environment.text(variable, here);
        try {
            var uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            if (uri.getHost() != null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && rightKind.test(uri)) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        environment.problem(variable, "must be an address such as " + here);
        return URI.create(here);
    }
}
