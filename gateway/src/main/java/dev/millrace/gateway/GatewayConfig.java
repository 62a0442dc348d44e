package dev.millrace.gateway;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.config.OpsConfig;
import dev.millrace.core.config.RedisConfig;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.gateway.auth.AuthConfig;
import dev.millrace.gateway.auth.jwt.OidcConfig;
import dev.millrace.gateway.device.DeviceConfig;
import dev.millrace.gateway.http.HttpConfig;
import dev.millrace.gateway.mqtt.MqttConfig;
import dev.millrace.gateway.publish.PublisherConfig;
import dev.millrace.gateway.tls.TlsConfig;
import dev.millrace.gateway.trace.TracingConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every setting of the gateway. */
public record GatewayConfig(
        HttpConfig http,
        MqttConfig mqtt,
        Optional<TlsConfig> tls,
        AuthConfig auth,
        DeviceConfig devices,
        Optional<OidcConfig> oidc,
        OpsConfig ops,
        KinesisConfig kinesis,
        PublisherConfig publisher,
        ReadingLimits limits,
        DatabaseConfig database,
        RedisConfig redis,
        TracingConfig tracing) {

    /** How long requests that are under way, queries above all, may take when the server closes. */
    static final Duration HTTP_DRAIN = Duration.ofSeconds(6);

    private static final int OPS_PORT = 9090;

    /** Reads the settings; what is wrong with them is noted in the environment. */
    public static GatewayConfig read(Environment environment) {
        Optional<TlsConfig> tls = TlsConfig.read(environment);
        HttpConfig http = HttpConfig.read(environment, tls.isPresent());
        MqttConfig mqtt =
                MqttConfig.read(environment, http.host(), http.limits().requestTimeout(), tls.isPresent());
        AuthConfig auth = AuthConfig.read(environment, List.of(http.host(), mqtt.host()));
        GatewayConfig config = new GatewayConfig(
                http,
                mqtt,
                tls,
                auth,
                DeviceConfig.read(environment),
                OidcConfig.read(environment, auth instanceof AuthConfig.Required),
                OpsConfig.read(environment, OPS_PORT),
                KinesisConfig.read(environment),
                PublisherConfig.read(environment),
                ReadingLimits.read(environment),
                DatabaseConfig.read(environment),
                RedisConfig.read(environment),
                TracingConfig.read(environment));
        config.checkPorts(environment);
        Duration stop =
                config.ops.shutdownDelay().plus(config.publisher.timeout()).plus(HTTP_DRAIN);
        if (stop.compareTo(config.ops.shutdownTimeout()) >= 0) {
            environment.problem(
                    "SHUTDOWN_TIMEOUT",
                    "must be longer than SHUTDOWN_DELAY, PUBLISH_TIMEOUT and " + HTTP_DRAIN.toSeconds() + "s together");
        }
        return config;
    }

    /** Servers of one process on one port would share its connections without a word. */
    private void checkPorts(Environment environment) {
        Map<Integer, String> taken = new HashMap<>();
        List<Map.Entry<String, Integer>> ports = new ArrayList<>(List.of(Map.entry("OPS_PORT", ops.port())));
        http.port().ifPresent(port -> ports.add(Map.entry("HTTP_PORT", port)));
        http.tlsPort().ifPresent(port -> ports.add(Map.entry("HTTPS_PORT", port)));
        mqtt.port().ifPresent(port -> ports.add(Map.entry("MQTT_PORT", port)));
        mqtt.tlsPort().ifPresent(port -> ports.add(Map.entry("MQTTS_PORT", port)));
        boolean tlsWanted = environment.optionalText("TLS_CERT_FILE").isPresent();
        if (ports.size() == 1 && mqtt.webSocketPort().isEmpty() && (tls.isPresent() || !tlsWanted)) {
            environment.problem(
                    "HTTP_PORT",
                    "must not be off where no other port of HTTP or MQTT is open (those of TLS need TLS_CERT_FILE)");
        }
        mqtt.webSocketPort().ifPresent(port -> ports.add(Map.entry("MQTT_WEBSOCKET_PORT", port)));
        for (Map.Entry<String, Integer> port : ports) {
            // 0: one that is free
            String other = port.getValue() == 0 ? null : taken.putIfAbsent(port.getValue(), port.getKey());
            if (other != null) {
                environment.problem(port.getKey(), "must not be the same as " + other);
            }
        }
    }
}
