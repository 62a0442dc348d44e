package dev.millrace.core.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AvailabilityTest {

    private final Health health = new Health("test");
    private final Health.Component component = health.component("any");
    private final Logger logger = (Logger) LoggerFactory.getLogger(Availability.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private Instant now = Instant.EPOCH;

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(lines);
    }

    @AfterEach
    void deafen() {
        logger.detachAppender(lines);
        logger.setLevel(null);
        logger.setAdditive(true);
    }

    private Availability availability(Availability.Kind kind) {
        return new Availability("PostgreSQL", kind, component, () -> now);
    }

    private List<String> logged() {
        return lines.list.stream()
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .toList();
    }

    @Test
    void anOutageIsALineAtItsBeginningAndOneAtItsEnd() {
        Availability postgresql = availability(Availability.Kind.ESSENTIAL);
        postgresql.worked("a");

        postgresql.failed("a", "refused");
        postgresql.failed("b", "refused");
        postgresql.failed("a", "refused");
        postgresql.worked("a");
        assertFalse(component.isUp());
        now = now.plusSeconds(7);
        postgresql.worked("b");

        assertTrue(component.isUp());
        assertEquals(
                List.of("WARN PostgreSQL is away: refused; trying on", "INFO PostgreSQL is back after 7 s"), logged());
    }

    @Test
    void whatIsOptionalSaysHowItStandsAndHoldsNothingUp() {
        Availability provider = availability(Availability.Kind.OPTIONAL);
        assertTrue(component.isUp());
        provider.failed("a", "refused");
        assertTrue(component.isUp());
        assertEquals(
                "away: refused",
                health.toJson().getJsonObject("components").getJsonObject("any").getString("detail"));
        provider.worked("a");
        assertTrue(component.isUp());
    }

    @Test
    void whatIsWaitedForInVainIsSomebodysToMend() {
        Availability postgresql = availability(Availability.Kind.ESSENTIAL);
        for (int i = 0; i < 100; i++) {
            postgresql.failed("a", "refused");
            now = now.plusSeconds(1);
        }

        assertEquals(
                List.of(
                        "INFO Waiting for PostgreSQL: refused",
                        "WARN Waiting for PostgreSQL: refused",
                        "WARN Waiting for PostgreSQL: refused"),
                logged());
        postgresql.worked("a");
        now = now.plusSeconds(11);
        postgresql.failed("a", "gone");
        assertEquals("WARN PostgreSQL is away: gone; trying on", logged().getLast());
    }

    @Test
    void atTheStartItIsWaitedForWithoutAlarm() {
        Availability postgresql = availability(Availability.Kind.ESSENTIAL);

        postgresql.failed("a", "refused");

        assertEquals(List.of("INFO Waiting for PostgreSQL: refused"), logged());
        assertFalse(component.isUp());
        postgresql.worked("a");
        assertTrue(component.isUp());
    }

    @Test
    void whatIsNeededAtTheStartAloneDoesNotMakeTheProcessUnreadyLater() {
        Availability redis = availability(Availability.Kind.NEEDED_AT_START);
        redis.failed("a", "refused");
        assertFalse(component.isUp());
        redis.worked("a");

        redis.failed("a", "refused");

        assertTrue(component.isUp());
        assertTrue(health.toJson().encode().contains("away: refused"));
    }

    @Test
    void onePartsSuccessIsEnoughAtTheStartThoughAnotherFails() {
        Availability redis = availability(Availability.Kind.NEEDED_AT_START);
        redis.failed("queries", "timed out");
        redis.failed("start", "refused");

        redis.worked("start");

        assertTrue(component.isUp());
        assertTrue(health.toJson().encode().contains("away: timed out"));
        redis.worked("queries");
        assertTrue(health.toJson().encode().contains("connected"));
    }

    @Test
    void whatIsEssentialIsDownWhileAnyPartFails() {
        Availability postgresql = availability(Availability.Kind.ESSENTIAL);
        postgresql.failed("a", "refused");

        postgresql.worked("b");

        assertFalse(component.isUp());
        postgresql.forget("a");
        assertTrue(component.isUp());
    }

    @Test
    void aPartThatLeavesTakesItsOutageWithIt() {
        Availability postgresql = availability(Availability.Kind.ESSENTIAL);
        postgresql.worked("a");
        postgresql.failed("b", "refused");

        postgresql.forget("b");

        assertTrue(component.isUp());
    }

    @Test
    void whatComesAndGoesIsToldNowAndThen() {
        Availability kinesis = availability(Availability.Kind.NEEDED_AT_START);
        kinesis.worked("a");

        for (int i = 0; i < 1_000; i++) {
            now = now.plusMillis(25);
            kinesis.failed("a", "refused");
            kinesis.worked("a");
        }

        assertEquals(
                List.of(
                        "WARN PostgreSQL is away: refused; trying on",
                        "INFO PostgreSQL is back after 0 s",
                        "WARN PostgreSQL is away: refused; trying on (400 times since the last line)",
                        "INFO PostgreSQL is back after 0 s",
                        "WARN PostgreSQL is away: refused; trying on (400 times since the last line)",
                        "INFO PostgreSQL is back after 0 s"),
                logged());
    }

    @Test
    void anOutageThatLastsIsToldAlsoSoonAfterAnother() {
        Availability kinesis = availability(Availability.Kind.NEEDED_AT_START);
        kinesis.worked("a");
        kinesis.failed("a", "refused");
        kinesis.worked("a");
        lines.list.clear();

        now = now.plusSeconds(5);
        kinesis.failed("a", "refused");
        now = now.plusSeconds(5);
        kinesis.failed("a", "refused");
        now = now.plusSeconds(60);
        kinesis.worked("a");

        assertEquals(
                List.of("WARN PostgreSQL is away: refused; trying on", "INFO PostgreSQL is back after 65 s"), logged());
    }
}
