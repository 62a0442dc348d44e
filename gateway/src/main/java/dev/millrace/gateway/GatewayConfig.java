package dev.millrace.gateway;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.config.OpsConfig;
import dev.millrace.core.config.RedisConfig;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.gateway.auth.AuthConfig;
import dev.millrace.gateway.http.HttpConfig;
import dev.millrace.gateway.mqtt.MqttConfig;
import dev.millrace.gateway.publish.PublisherConfig;
import dev.millrace.gateway.trace.TracingConfig;
import java.time.Duration;
import java.util.List;

/** Every setting of the gateway. */
public record GatewayConfig(
        HttpConfig http,
        MqttConfig mqtt,
        AuthConfig auth,
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
        HttpConfig http = HttpConfig.read(environment);
        MqttConfig mqtt =
                MqttConfig.read(environment, http.host(), http.limits().requestTimeout());
        GatewayConfig config = new GatewayConfig(
                http,
                mqtt,
                AuthConfig.read(environment, List.of(http.host(), mqtt.host())),
                OpsConfig.read(environment, OPS_PORT),
                KinesisConfig.read(environment),
                PublisherConfig.read(environment),
                ReadingLimits.read(environment),
                DatabaseConfig.read(environment),
                RedisConfig.read(environment),
                TracingConfig.read(environment));
        Duration stop =
                config.ops.shutdownDelay().plus(config.publisher.timeout()).plus(HTTP_DRAIN);
        if (stop.compareTo(config.ops.shutdownTimeout()) >= 0) {
            environment.problem(
                    "SHUTDOWN_TIMEOUT",
                    "must be longer than SHUTDOWN_DELAY, PUBLISH_TIMEOUT and " + HTTP_DRAIN.toSeconds() + "s together");
        }
        return config;
    }
}
