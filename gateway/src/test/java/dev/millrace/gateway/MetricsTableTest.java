package dev.millrace.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.GatewayMetrics.Route;
import dev.millrace.gateway.auth.AuthFailure;
import dev.millrace.gateway.auth.KeyFile;
import dev.millrace.gateway.auth.jwt.TokenMetrics;
import dev.millrace.gateway.ingest.ItemRefusal;
import dev.millrace.gateway.mqtt.MqttMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of metrics in docs/operations.md against the registry, and what a scrape shows. */
class MetricsTableTest {

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(millrace_gateway_[a-z_]+)` \\| ([a-z]+) \\|");
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (millrace_gateway_[a-z_]+) ([a-z]+)$");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final GatewayMetrics metrics = new GatewayMetrics(registry);

    @Test
    void theTableNamesEveryMetricAndItsType() throws Exception {
        metrics.request(Route.INGEST, 202);
        metrics.bufferedBytes(() -> 0);
        metrics.bodyBytes(() -> 0);
        metrics.openConnections(() -> 0);
        metrics.laneDepths(() -> 0, () -> 0);
        metrics.keys(() -> 0, () -> false);
        metrics.devices(() -> 0, () -> Duration.ZERO, () -> Duration.ZERO);
        metrics.keysReloaded(KeyFile.Reload.ADOPTED);
        metrics.turnedAway(AuthFailure.MISSING);
        new TokenMetrics(registry).keys(() -> 0, () -> 0);
        metrics.certificate(() -> 0, () -> false);
        metrics.certificateReloaded(KeyFile.Reload.ADOPTED);
        MqttMetrics mqtt = new MqttMetrics(registry);
        mqtt.connections(() -> 0, () -> 0, () -> 0);
        mqtt.strangersBytes(() -> 0);

        Map<String, String> documented = pairs(ROW, Files.readString(Path.of("..", "docs", "operations.md")));
        Map<String, String> registered = pairs(TYPE, registry.scrape());
        // the largest value of a while, which comes with each histogram
        registered.keySet().removeIf(name -> name.endsWith("_max"));
        assertEquals(documented, registered);
    }

    @Test
    void aScrapeShowsBucketsAndTags() {
        metrics.accepted(3, Duration.ofMillis(7));
        metrics.rejected(ItemRefusal.Code.TOO_LARGE);
        metrics.request(Route.SENSOR, 404);

        String scrape = registry.scrape();
        assertTrue(scrape.contains("millrace_gateway_ack_seconds_bucket{le=\"0.005\"} 0"), scrape);
        assertTrue(scrape.contains("millrace_gateway_ack_seconds_bucket{le=\"0.01\"} 1"), scrape);
        assertTrue(scrape.contains("millrace_gateway_readings_rejected_total{code=\"too-large\"} 1.0"), scrape);
        assertTrue(scrape.contains("millrace_gateway_requests_total{route=\"sensor\",status=\"404\"} 1.0"), scrape);
    }

    private static Map<String, String> pairs(Pattern pattern, String text) {
        Map<String, String> found = new TreeMap<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.put(matcher.group(1), matcher.group(2));
        }
        return found;
    }
}
