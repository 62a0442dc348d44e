package dev.millrace.processor.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.ops.Availability;
import dev.millrace.core.ops.Health;
import dev.millrace.processor.anomaly.Severity;
import dev.millrace.processor.task.Waits;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AlertKeeperTest {

    private final Health health = new Health("test");
    private AlertStock.Answer answer = new AlertStock.Looked(Map.of(), Map.of());
    private int cleaned;
    private int rounds = 1;
    private final List<String> counted = new ArrayList<>();

    private final class Stock implements AlertStock {

        @Override
        public Answer look() {
            return answer;
        }

        @Override
        public Answer clean() {
            cleaned++;
            return new Cleaned(1);
        }

        @Override
        public void close() {}
    }

    private final class Meter implements AlertMeter {

        @Override
        public void sent(AlertDestination.Kind kind, AlertEvent event, int alerts) {
            throw new AssertionError();
        }

        @Override
        public void suppressed(AlertDestination.Kind kind, AlertEvent event, int alerts) {
            throw new AssertionError();
        }

        @Override
        public void failed(AlertDestination.Kind kind, AlertEvent event) {
            throw new AssertionError();
        }

        @Override
        public void dead(AlertDestination.Kind kind, AlertEvent event, int alerts) {
            throw new AssertionError();
        }

        @Override
        public void waiting(AlertDestination.Kind kind, long alerts, double oldestSeconds) {
            counted.add(kind.text() + " " + alerts + " for " + oldestSeconds);
        }
    }

    private final class Time implements Waits {

        private long nanos;

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void pause(long millis) {
            nanos += TimeUnit.MILLISECONDS.toNanos(millis);
            rounds--;
        }

        @Override
        public boolean stopRequested() {
            return rounds <= 0;
        }
    }

    private void run(AlertRoute... routes) {
        new AlertKeeper(
                        new Stock(),
                        List.of(routes),
                        new Meter(),
                        health.component("alerts"),
                        new Availability(
                                "PostgreSQL",
                                Availability.Kind.ESSENTIAL,
                                health.component("pg"),
                                InstantSource.system()))
                .run(new Time());
    }

    private String told() {
        return health.toJson()
                .getJsonObject("components")
                .getJsonObject("alerts")
                .getString("detail");
    }

    @Test
    void whatIsGivenUpAndWhatWaitsIsTold() {
        answer = new AlertStock.Looked(
                Map.of(
                        "operations", new AlertStock.Waiting(1, 61.5),
                        "pager", new AlertStock.Waiting(2, 5),
                        "sns", new AlertStock.Waiting(4, 7)),
                Map.of("pager", 2L, "operations", 1L));

        run(SnsConfig.ROUTE, new AlertRoute("operations", Severity.INFO), new AlertRoute("pager", Severity.CRITICAL));

        assertEquals(
                "told: sns, operations, pager; 7 wait, the oldest for 61 s; given up: 1 to operations, 2 to pager",
                told());
        assertEquals(List.of("sns 4 for 7.0", "webhook 3 for 61.5"), counted);
        assertTrue(health.component("alerts").isUp());
    }

    @Test
    void whatNoLongerWaitsIsCountedNoMore() {
        run(SnsConfig.ROUTE);

        assertEquals(List.of("sns 0 for 0.0", "webhook 0 for 0.0"), counted);
        assertEquals("told: sns", told());
    }

    @Test
    void thatNobodyIsToldIsTold() {
        run();

        assertEquals("nobody is told: neither a topic nor webhooks are set", told());
    }

    @Test
    void whatIsLongOverGoesNowAndThen() {
        rounds = (int) (TimeUnit.HOURS.toMillis(1) / AlertKeeper.LOOK_MILLIS);

        run();

        assertEquals(5, cleaned);
    }

    @Test
    void aDatabaseThatIsAwayIsTold() {
        answer = new AlertStock.Away("connection refused");

        run();

        assertEquals("not looked at yet", told());
        assertTrue(health.toJson().encode().contains("alerts cannot be looked at: connection refused"));
    }
}
