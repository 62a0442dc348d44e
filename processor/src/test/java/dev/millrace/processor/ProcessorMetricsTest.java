package dev.millrace.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
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
        metrics.awaited("a", 0);
        metrics.awaited("b", 0);
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

        metrics.awaited("child", 0);
        seconds += 3;

        assertEquals(3, lag());
    }

    @Test
    void aShardThatHadAFaultIsAwaitedSinceTheFirst() {
        metrics.caughtUp("a", 0);

        metrics.awaited("a", 30_000);

        assertEquals(30, lag());
    }
}
