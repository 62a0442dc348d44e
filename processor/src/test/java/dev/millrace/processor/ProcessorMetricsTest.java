package dev.millrace.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.alert.AlertDestination;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Detector;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.anomaly.rule.RuleFile;
import dev.millrace.processor.anomaly.rule.RuleSet;
import dev.millrace.processor.shard.Batch;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Snapshots;
import dev.millrace.processor.store.Work;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    private static RuleSet rules(String rule) {
        return assertInstanceOf(RuleFile.Valid.class, RuleFile.parse("version: 1\nrules: [" + rule + "]\n"))
                .rules();
    }

    private void commit(Detection detection) {
        Position position = new Position("1", 0);
        metrics.committed(
                new Batch(position, 0, 0, 1, 0, List.of()),
                new Work(
                        position,
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        false,
                        0,
                        List.of(),
                        List.of(),
                        Map.of(),
                        detection,
                        Optional.empty(),
                        Snapshots.NONE),
                0);
    }

    private double anomalies(String what, String condition, String severity) {
        return registry.get("millrace.processor.anomalies." + what)
                .tag("condition", condition)
                .tag("severity", severity)
                .counter()
                .count();
    }

    @Test
    void anomaliesAreCountedByConditionAndSeverity() {
        Detector first = new Detector(
                rules(
                        "{name: a, metric: m, above: 9, below: 1, severity: critical}, {name: b, metric: m, above: 99, severity: info}"));
        SeriesId id = new SeriesId("press-1", "m");
        Series series = Series.fresh();
        Detection opening = new Detection();
        first.feed(id, series, 1, 1, new Measurement.Numeric("m", 0), opening);
        first.feed(id, series, 2, 2, new Measurement.Numeric("m", 100), opening);
        commit(opening);
        assertEquals(1, anomalies("opened", "below", "critical"));
        assertEquals(1, anomalies("closed", "below", "critical"));
        assertEquals(1, anomalies("opened", "above", "critical"));
        assertEquals(1, anomalies("opened", "above", "info"));
        assertEquals(0, anomalies("closed", "above", "info"));

        // one closes by a value, the other because its rule is gone
        Detection closing = new Detection();
        new Detector(rules("{name: a, metric: m, above: 9, severity: warning}"))
                .feed(id, series, 3, 3, new Measurement.Numeric("m", 5), closing);
        commit(closing);
        assertEquals(0, anomalies("closed", "above", "critical"));
        assertEquals(1, anomalies("closed", "above", "warning"));
        assertEquals(1, anomalies("closed", "above", "rule_gone"));
    }

    @Test
    void whatWaitsIsToldByDestination() {
        metrics.waiting(AlertDestination.Kind.SNS, 3, 61.5);

        assertEquals(3, waiting("alerts.waiting", "sns"));
        assertEquals(61.5, waiting("alerts.oldest.seconds", "sns"));
        assertEquals(0, waiting("alerts.waiting", "webhook"));
        assertEquals(0, waiting("alerts.oldest.seconds", "webhook"));
    }

    private double waiting(String metric, String destination) {
        return registry.get("millrace.processor." + metric)
                .tag("destination", destination)
                .gauge()
                .value();
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
