package dev.millrace.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProcessorMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private long seconds = 1_000_000;
    private final ProcessorMetrics metrics = new ProcessorMetrics(registry, () -> Instant.ofEpochSecond(seconds));

    private double lag() {
        return registry.get("millrace.processor.lag.seconds").gauge().value();
    }

    @Test
    void theLagGrowsWhenTheProcessorStartsIntoAnOutage() {
        assertEquals(0, lag());
        // the stream cannot be listed
        seconds += 60;
        assertEquals(60, lag());
        // now it can, but not be read
        metrics.awaited("a", OptionalLong.empty(), 0);
        metrics.awaited("b", OptionalLong.empty(), 0);
        seconds += 60;
        assertEquals(120, lag());

        metrics.caughtUp("a", 500);
        assertEquals(120, lag());
        metrics.caughtUp("b", 2_500);

        assertEquals(2.5, lag());
    }

    @Test
    void aShardThatComesLaterIsAwaitedFromThenOn() {
        metrics.caughtUp("parent", 0);
        seconds += 60;
        metrics.left("parent");
        assertEquals(0, lag());

        metrics.awaited("child", OptionalLong.empty(), 0);
        seconds += 3;

        assertEquals(3, lag());
    }

    @Test
    void aShardThatHadAFaultIsAwaitedSinceTheFirst() {
        metrics.caughtUp("a", 0);

        metrics.awaited("a", OptionalLong.empty(), 30_000);

        assertEquals(30, lag());
    }

    /** However often it starts anew, and for as long as another process reads the shard. */
    @Test
    void aShardThatIsWaitedForLagsByWhatIsStoredOfIt() {
        metrics.awaited("a", OptionalLong.of((seconds - 3_600) * 1_000_000), 0);
        assertEquals(3_600, lag());

        // its owner goes on
        seconds += 60;
        metrics.awaited("a", OptionalLong.of((seconds - 5) * 1_000_000), 60_000);
        metrics.spread();

        assertEquals(5, lag());
    }

    @Test
    void aProcessThatHasNoShardsDoesNotLag() {
        seconds += 60;
        assertEquals(60, lag());

        metrics.spread();

        assertEquals(0, lag());
    }

    @Test
    void aShardThatCouldNotBeTakenYetIsAwaitedSinceItWasThisProcesss() {
        metrics.spread();
        metrics.awaited("a", OptionalLong.empty(), 0);
        seconds += 20;
        metrics.awaited("a", OptionalLong.empty(), 20_000);
        metrics.awaited("a", OptionalLong.empty(), 0);

        assertEquals(20, lag());
    }

    @Test
    void whatIsReadElsewhereIsNotTold() {
        metrics.caughtUp("a", 500);
        assertEquals(
                500,
                registry.get("millrace.processor.behind.milliseconds")
                        .tag("shard", "a")
                        .gauge()
                        .value());

        metrics.left("a");

        assertNull(registry.find("millrace.processor.behind.milliseconds").gauge());
    }

    /** The table of metrics in docs/operations.md against the registry. */
    @Test
    void theTableNamesEveryMetricAndItsType() throws Exception {
        PrometheusMeterRegistry scraped = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new ProcessorMetrics(scraped, Instant::now).caughtUp("a", 0);

        assertEquals(
                pairs(
                        "\\| `(millrace_processor_[a-z_]+)` \\| ([a-z]+) \\|",
                        Files.readString(Path.of("..", "docs", "operations.md"))),
                pairs("# TYPE (millrace_processor_[a-z_]+) ([a-z]+)$", scraped.scrape()));
    }

    private static Map<String, String> pairs(String pattern, String text) {
        Map<String, String> found = new TreeMap<>();
        Pattern.compile("(?m)^" + pattern)
                .matcher(text)
                .results()
                .forEach(row -> found.put(row.group(1), row.group(2)));
        return found;
    }
}
