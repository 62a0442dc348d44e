package dev.millrace.processor.store;

import static dev.millrace.processor.store.PgAlertRig.OPERATIONS;
import static dev.millrace.processor.store.PgAlertRig.PAGER;
import static dev.millrace.processor.store.PgAlertRig.TIMING;
import static dev.millrace.processor.store.PgAlertRig.send;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.alert.Alert;
import dev.millrace.processor.alert.AlertEvent;
import dev.millrace.processor.alert.AlertMessage;
import dev.millrace.processor.alert.AlertQueue;
import dev.millrace.processor.alert.AlertStock;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.Severity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Outbox, grouping, claims and life of alerts on PostgreSQL. Long, because all of it shares one server, whose start takes seconds. */
class PgAlertQueueIT {

    private static PgAlertRig rig;

    private PgAlertQueue queue;
    private PgAlertQueue other;

    @BeforeAll
    static void start() {
        rig = new PgAlertRig();
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    @BeforeEach
    void open() {
        queue = rig.queue("one", OPERATIONS);
        other = rig.queue("two", OPERATIONS);
    }

    @AfterEach
    void empty() {
        queue.close();
        other.close();
        rig.empty();
    }

    private static void assertWaits(AlertQueue queue) {
        assertInstanceOf(AlertQueue.Wait.class, queue.next());
    }

    private static void delivered(AlertQueue queue, AlertQueue.Send send) {
        assertEquals(new AlertQueue.Noted(), queue.settle(send.message(), new AlertQueue.Delivered()));
    }

    private void tellAll() {
        rig.passGroupWait();
        delivered(queue, send(queue));
    }

    @Test
    void anAlertIsToldOnceHoweverOftenItIsCommitted() {
        Alert alert = rig.opened(1);
        rig.commit(alert);
        rig.commit(alert);
        tellAll();
        rig.commit(alert);

        rig.pass(Duration.ofMinutes(2));

        assertWaits(queue);
        assertEquals(1, rig.count("alert_outbox"));
        assertEquals(1, rig.count("alert_delivery"));
    }

    @Test
    void eachDestinationGetsWhatIsSevereEnoughForIt() {
        rig.commit(
                rig.opened(1, "warm", Severity.WARNING, PgAlertRig.MANY),
                rig.opened(2, "hot", Severity.CRITICAL, PgAlertRig.MANY));
        rig.passGroupWait();

        AlertQueue pager = rig.queue("one", PAGER);
        assertEquals("hot", send(pager).message().rule());
        pager.settle(send(pager).message(), new AlertQueue.Delivered());
        assertWaits(pager);
        delivered(queue, send(queue));
        delivered(queue, send(queue));
        assertWaits(queue);
    }

    @Test
    void anAlertOfASensorThatIsNotThereFailsTheCommit() {
        Alert good = rig.opened(1);
        Alert bad = new Alert(
                good.anomalyId(),
                2,
                good.event(),
                good.rule(),
                good.condition(),
                good.severity(),
                good.message(),
                new SeriesId("nobody", "temperature"),
                good.at(),
                good.value(),
                good.text(),
                good.mostPerHour(),
                good.arrivedAt());

        assertThrows(PgSession.Failure.class, () -> rig.commit(bad));
    }

    @Test
    void aThousandThatFailTogetherAreOneMessage() {
        rig.commitOpened(1_000);
        assertWaits(queue);

        rig.passGroupWait();
        AlertMessage message = send(queue).message();

        assertEquals(1_000, message.count());
        assertEquals(AlertMessage.MOST_LISTED, message.listed().size());
        assertTrue(message.isTruncated());
        assertEquals(PgAlertRig.AT, message.openedAt());
        assertEquals(
                new SeriesId("s1", "temperature"), message.listed().getFirst().series());
        queue.settle(message, new AlertQueue.Delivered());
        assertWaits(queue);
        assertEquals(1, rig.count("alert_message"));
    }

    @Test
    void whatComesLaterOfARuleWaitsForTheInterval() {
        rig.commit(rig.opened(1));
        tellAll();
        rig.commit(rig.opened(2), rig.opened(3));

        rig.passGroupWait();
        assertWaits(queue);

        rig.pass(TIMING.groupInterval());
        assertEquals(2, send(queue).message().count());
    }

    @Test
    void overARulesLimitItGathersUntilTheHourAllowsOneMore() {
        for (int number = 1; number <= 2; number++) {
            rig.commit(rig.opened(number, "hot", Severity.WARNING, 2));
            rig.pass(Duration.ofMinutes(1));
            delivered(queue, send(queue));
        }
        for (int number = 3; number <= 7; number++) {
            rig.commit(rig.opened(number, "hot", Severity.WARNING, 2));
            rig.pass(Duration.ofMinutes(9));
            assertWaits(queue);
        }
        rig.commit(rig.opened(8, "other", Severity.WARNING, 2));
        rig.passGroupWait();
        AlertQueue.Send otherRule = send(queue);
        assertEquals("other", otherRule.message().rule());
        delivered(queue, otherRule);

        rig.pass(Duration.ofMinutes(15));

        AlertQueue.Send gathered = send(queue);
        assertEquals(5, gathered.message().count());
        delivered(queue, gathered);
        rig.commit(rig.opened(9, "hot", Severity.WARNING, 2));
        rig.pass(Duration.ofMinutes(1));
        assertEquals("hot", send(queue).message().rule());
    }

    @Test
    void aResolutionIsToldAfterItsOpening() {
        rig.commit(rig.opened(1));
        rig.close(1);
        rig.commit(rig.resolved(1));
        rig.passGroupWait();

        AlertQueue.Send opening = send(queue);
        assertEquals(AlertEvent.OPENED, opening.message().event());
        queue.settle(opening.message(), new AlertQueue.RetryMessage("it answered 400", 60_000));
        assertWaits(queue);
        rig.pass(Duration.ofMinutes(2));
        AlertQueue.Send again = send(queue);
        assertEquals(opening.message(), again.message());
        assertEquals(1, again.attempts());
        delivered(queue, again);

        AlertQueue.Send closing = send(queue);
        assertEquals(AlertEvent.RESOLVED, closing.message().event());
        assertEquals(2, closing.message().listed().getFirst().revision());
    }

    @Test
    void aResolutionDoesNotOvertakeAnOpeningThatWaitsForTheInterval() {
        rig.commit(rig.opened(1));
        tellAll();
        rig.commit(rig.opened(2));
        rig.close(2);
        rig.commit(rig.resolved(2));

        rig.passGroupWait();
        assertWaits(queue);

        rig.pass(TIMING.groupInterval());
        AlertQueue.Send opening = send(queue);
        assertEquals(AlertEvent.OPENED, opening.message().event());
        delivered(queue, opening);
        assertEquals(AlertEvent.RESOLVED, send(queue).message().event());
    }

    @Test
    void ofABacklogOnlyWhatLastsIsTold() {
        rig.commit(rig.opened(1), rig.opened(2));
        rig.close(1);
        rig.commit(rig.resolved(1));

        rig.pass(TIMING.maxAge().plusMinutes(1));

        assertEquals(new AlertQueue.Suppressed(AlertEvent.OPENED, 1), queue.next());
        AlertQueue.Send lasting = send(queue);
        assertEquals(rig.anomaly(2), lasting.message().listed().getFirst().anomalyId());
        assertEquals(1, lasting.message().count());
        delivered(queue, lasting);
        assertEquals(new AlertQueue.Suppressed(AlertEvent.RESOLVED, 1), queue.next());
        assertWaits(queue);
        assertEquals(2, rig.count("alert_delivery WHERE state = 'over'"));
    }

    @Test
    void aMessageThatWasTriedInVainUntilAllOfItWasOverIsNotTold() {
        rig.commit(rig.opened(1), rig.opened(2));
        rig.passGroupWait();
        queue.settle(send(queue).message(), new AlertQueue.RetryDestination("it is away", 60_000, 60_000));
        rig.close(1);
        rig.commit(rig.resolved(1));
        rig.pass(TIMING.maxAge().plusMinutes(1));
        AlertQueue.Send whileOneLasts = send(queue);
        assertEquals(2, whileOneLasts.message().count());
        queue.settle(whileOneLasts.message(), new AlertQueue.RetryDestination("it is away", 60_000, 60_000));
        rig.close(2);
        rig.commit(rig.resolved(2));
        rig.pass(TIMING.maxAge().plusMinutes(1));

        assertEquals(new AlertQueue.Suppressed(AlertEvent.OPENED, 2), queue.next());

        // who answered too late to be heard has the opening
        AlertQueue.Send end = send(queue);
        assertEquals(AlertEvent.RESOLVED, end.message().event());
        assertEquals(2, end.message().count());
        delivered(queue, end);
        assertWaits(queue);
    }

    @Test
    void aShortOneThatIsFreshIsToldWithItsEnd() {
        rig.commit(rig.opened(1));
        rig.close(1);
        rig.commit(rig.resolved(1));
        rig.passGroupWait();

        delivered(queue, send(queue));

        AlertQueue.Send closing = send(queue);
        assertEquals(AlertEvent.RESOLVED, closing.message().event());
    }

    @Test
    void aResolutionOfAnOpeningThatNobodyWasToldIsNotTold() {
        rig.close(1);
        rig.commit(rig.resolved(1));
        rig.passGroupWait();

        assertEquals(new AlertQueue.Suppressed(AlertEvent.RESOLVED, 1), queue.next());
        assertWaits(queue);
    }

    @Test
    void anOutageLongerThanADayGivesAMessageUpAndItsResolutionWithIt() {
        rig.commit(rig.opened(1));
        rig.passGroupWait();
        AlertQueue.Send first = send(queue);
        queue.settle(first.message(), new AlertQueue.RetryDestination("it answered 500", 1_000, 1_000));
        rig.pass(Duration.ofHours(23));
        AlertQueue.Result again = new AlertQueue.RetryDestination("it answered 500", 1_000, 1_000);
        assertEquals(new AlertQueue.Noted(), queue.settle(send(queue).message(), again));
        rig.pass(Duration.ofHours(2));

        assertEquals(new AlertQueue.GivenUp(), queue.settle(send(queue).message(), again));

        rig.close(1);
        rig.commit(rig.resolved(1));
        rig.pass(Duration.ofMinutes(1));
        assertEquals(new AlertQueue.Suppressed(AlertEvent.RESOLVED, 1), queue.next());
        PgAlertStock stock = new PgAlertStock(rig.database().pool(), List.of(OPERATIONS, PAGER));
        assertEquals(new AlertStock.Looked(Map.of(), Map.of("operations", 1L)), stock.look());
        stock.close();
    }

    @Test
    void whatGatheredInAnOutageIsTriedForAnHourAtLeast() {
        rig.commit(rig.opened(1));
        rig.pass(Duration.ofDays(2));
        AlertQueue.Result failure = new AlertQueue.RetryDestination("it answered 500", 1_000, 1_000);

        assertEquals(new AlertQueue.Noted(), queue.settle(send(queue).message(), failure));
        rig.pass(TIMING.leastTried().plusMinutes(1));
        assertEquals(new AlertQueue.GivenUp(), queue.settle(send(queue).message(), failure));
    }

    @Test
    void onlyOneProcessAtATimeTellsADestination() {
        rig.commit(
                rig.opened(1, "warm", Severity.WARNING, PgAlertRig.MANY),
                rig.opened(2, "hot", Severity.WARNING, PgAlertRig.MANY));
        rig.passGroupWait();

        AlertQueue.Send first = send(queue);
        assertWaits(other);
        delivered(queue, first);

        AlertQueue.Send second = send(other);
        assertNotEquals(first.message().rule(), second.message().rule());
        assertWaits(queue);
    }

    @Test
    void aProcessThatIsGoneIsReplacedWhenItsTimeIsOver() {
        rig.commit(rig.opened(1));
        rig.passGroupWait();
        AlertQueue.Send first = send(queue);
        rig.pass(TIMING.claim().minusSeconds(5));
        assertWaits(other);

        rig.pass(Duration.ofSeconds(6));

        AlertQueue.Send second = send(other);
        assertEquals(first.message(), second.message());
        // it was not gone, only slow: it must not end what the other has in hand
        queue.settle(first.message(), new AlertQueue.RetryDestination("no answer in time", 60_000, 60_000));
        assertWaits(queue);
        assertEquals(0, rig.count("alert_message WHERE attempts > 0"));
        delivered(other, second);
        assertEquals(1, rig.count("alert_message WHERE state = 'sent'"));
    }

    @Test
    void whatASlowProcessDeliveredIsNotToldAgain() {
        rig.commit(rig.opened(1));
        rig.passGroupWait();
        AlertQueue.Send first = send(queue);
        rig.pass(TIMING.claim().plusSeconds(1));
        AlertQueue.Send second = send(other);

        delivered(queue, first);
        other.settle(second.message(), new AlertQueue.RetryMessage("it answered 409", 1_000));

        rig.pass(Duration.ofMinutes(1));
        assertWaits(queue);
        assertEquals(1, rig.count("alert_message WHERE state = 'sent'"));
    }

    @Test
    void aProcessWhoseNoteWasLostTellsItAgainAtOnce() {
        rig.commit(rig.opened(1));
        rig.passGroupWait();
        AlertQueue.Send first = send(queue);

        assertEquals(first.message(), send(queue).message());
    }

    @Test
    void aDestinationThatHangsHoldsUpNobodyElse() {
        rig.commit(rig.opened(1, "hot", Severity.CRITICAL, PgAlertRig.MANY));
        rig.passGroupWait();
        send(queue);

        AlertQueue pager = rig.queue("one", PAGER);

        assertEquals(1, send(pager).message().count());
        pager.close();
    }

    @Test
    void aMessageThatIsRefusedHoldsUpItsRuleAlone() {
        rig.commit(rig.opened(1, "warm", Severity.WARNING, PgAlertRig.MANY));
        rig.passGroupWait();
        queue.settle(send(queue).message(), new AlertQueue.RetryMessage("it answered 400", 60_000));
        rig.commit(
                rig.opened(2, "warm", Severity.WARNING, PgAlertRig.MANY),
                rig.opened(3, "hot", Severity.WARNING, PgAlertRig.MANY));
        rig.passGroupWait();

        AlertQueue.Send next = send(queue);
        assertEquals("hot", next.message().rule());
        delivered(queue, next);
        assertWaits(queue);
    }

    @Test
    void aDestinationThatTakesNothingIsLeftAloneForItsTime() {
        rig.commit(rig.opened(1, "warm", Severity.WARNING, PgAlertRig.MANY));
        rig.passGroupWait();
        queue.settle(send(queue).message(), new AlertQueue.RetryDestination("it answered 503", 120_000, 1_000));
        rig.commit(rig.opened(2, "hot", Severity.WARNING, PgAlertRig.MANY));
        rig.pass(Duration.ofMinutes(1));
        assertWaits(queue);
        assertWaits(other);

        rig.pass(Duration.ofMinutes(2));

        AlertQueue.Send next = send(other);
        assertEquals(1, next.failures());
        delivered(other, next);
        assertEquals(0, send(other).failures());
    }

    /** A message that the receiver cannot take, and answers by 500, has its turn after all others. */
    @Test
    void whatIsPoisonToADestinationDoesNotKeepTheOthersFromIt() {
        rig.commit(rig.opened(1, "poison", Severity.WARNING, PgAlertRig.MANY));
        rig.passGroupWait();
        queue.settle(send(queue).message(), new AlertQueue.RetryDestination("it answered 500", 1_000, 300_000));
        rig.commit(rig.opened(2, "hot", Severity.WARNING, PgAlertRig.MANY));
        rig.passGroupWait();

        assertEquals("hot", send(queue).message().rule());
    }

    @Test
    void whatHasBeenOverForLongIsDeletedAndWhatIsStillNeededIsNot() {
        rig.commit(rig.opened(1, "closed", Severity.WARNING, PgAlertRig.MANY));
        tellAll();
        rig.close(1);
        rig.commit(rig.opened(2, "open", Severity.WARNING, PgAlertRig.MANY));
        tellAll();
        rig.commit(rig.opened(3, "dead", Severity.WARNING, PgAlertRig.MANY));
        rig.close(3);
        rig.passGroupWait();
        AlertMessage dead = send(queue).message();
        rig.database().query("UPDATE alert_message SET expires_at = now() WHERE state = 'pending'");
        assertEquals(new AlertQueue.GivenUp(), queue.settle(dead, new AlertQueue.RetryMessage("no", 1)));
        PgAlertStock stock = new PgAlertStock(rig.database().pool(), List.of(OPERATIONS, PAGER));
        rig.pass(Duration.ofDays(6));
        assertEquals(new AlertStock.Cleaned(0), stock.clean());

        rig.pass(Duration.ofDays(2));
        assertEquals(new AlertStock.Cleaned(1), stock.clean());
        assertEquals(0, rig.count("alert_message WHERE rule = 'closed'"));
        assertEquals(1, rig.count("alert_message WHERE rule = 'open'"));
        assertEquals(1, rig.count("alert_message WHERE rule = 'dead'"));

        rig.pass(Duration.ofDays(30));
        assertEquals(new AlertStock.Cleaned(1), stock.clean());
        assertEquals(1, rig.count("alert_message"));

        // the end of what was told long ago is told
        rig.close(2);
        rig.commit(rig.alert(2, 2, AlertEvent.RESOLVED, "open", Severity.WARNING, PgAlertRig.MANY));
        assertEquals(new AlertStock.Cleaned(0), stock.clean());
        rig.passGroupWait();
        assertEquals(AlertEvent.RESOLVED, send(queue).message().event());
        stock.close();
    }

    private static Map<String, AlertStock.Waiting> waiting(PgAlertStock stock) {
        return assertInstanceOf(AlertStock.Looked.class, stock.look()).waiting();
    }

    @Test
    void whatWaitsIsCountedAndSinceWhen() {
        rig.commit(rig.opened(1), rig.opened(2, "hot", Severity.CRITICAL, PgAlertRig.MANY));
        rig.pass(Duration.ofSeconds(20));
        PgAlertStock stock = new PgAlertStock(rig.database().pool(), List.of(OPERATIONS, PAGER));

        AlertStock.Waiting before = Objects.requireNonNull(waiting(stock).get("operations"));
        assertEquals(2, before.alerts());
        assertTrue(before.oldestSeconds() >= 20, before::toString);
        assertEquals(1, Objects.requireNonNull(waiting(stock).get("pager")).alerts());
        AlertQueue.Send told = send(queue);
        assertEquals(2, Objects.requireNonNull(waiting(stock).get("operations")).alerts());
        delivered(queue, told);
        // the other has not got it yet
        assertEquals(Set.of("pager"), waiting(stock).keySet());
        stock.close();
    }

    @Test
    void aRuleThatTellsNobodyIsOnlyRecorded() {
        rig.commit(rig.opened(1, "quiet", Severity.CRITICAL, 0));

        assertEquals(1, rig.count("alert_outbox"));
        assertEquals(0, rig.count("alert_delivery"));
    }

    @Test
    void withoutDestinationsNobodyIsTold() {
        PgSession session = new PgSession(rig.database().pool(), () -> {});
        PgSession.Open transaction = session.begin();
        PgSession.await(new PgAlerts(List.of()).send(transaction, List.of(rig.opened(1))));
        transaction.commit();
        session.close();

        assertEquals(1, rig.count("alert_outbox"));
        assertEquals(0, rig.count("alert_delivery"));
        assertFalse(queue.next() instanceof AlertQueue.Send);
    }
}
