package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.gateway.publish.LaneState.Leaving;
import dev.millrace.gateway.publish.LaneState.Open;
import dev.millrace.gateway.publish.LaneState.Waiting;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaneTest {

    private static final HashKeyRange ALL = new HashKeyRange(HashKey.MIN, HashKey.MAX);

    private final ByteBudget budget = new ByteBudget(1_000_000, 500_000);

    /** A retired lane's late arrival must not overtake what a successor holds that is leaving itself. */
    @Test
    void whatComesLateFollowsTheReadingsThatWereMovedFromSuccessorToSuccessor() {
        Lane first = lane(0);
        Lane second = lane(2);
        Lane third = lane(1);
        first.leave(List.of(second));
        second.leave(List.of(third));
        add(first, 1);
        assertEquals(List.of(second), first.move());
        assertInstanceOf(Leaving.class, second.state());
        assertEquals(List.of(), second.move(), "another predecessor has not moved yet");

        add(third, 4);
        assertEquals(second, add(first, 2));
        add(second, 3);
        second.predecessorMoved();
        assertEquals(List.of(third), second.move());

        assertInstanceOf(Open.class, third.state());
        assertEquals(List.of(1L, 2L, 3L, 4L), sent(third));
        assertEquals(0, first.share().taken());
        assertEquals(0, second.share().taken());
        assertEquals(budget.used(), third.share().taken());
    }

    @Test
    void sendsNothingWhileItWaitsForAPredecessorAndGivesUpWhatIsOverdueMeanwhile() {
        Lane predecessor = lane(0);
        Lane lane = lane(1);
        predecessor.leave(List.of(lane));
        Submission late = submission(100);
        Submission early = submission(50);
        add(lane, early, 2);
        add(predecessor, late, 1);
        assertInstanceOf(Waiting.class, lane.state());
        assertFalse(lane.isReady());

        predecessor.move();
        assertTrue(lane.isReady());
        lane.expire(60);

        assertTrue(early.future().isComplete(), "overdue behind what is not");
        assertFalse(late.future().isComplete());
        assertEquals(1, lane.depth());
        lane.expire(100);
        assertEquals(0, budget.used());
    }

    @Test
    void doesNotMoveBeforeItKnowsItsOutcomeInFlight() {
        Lane lane = lane(0);
        Lane successor = lane(1);
        add(lane, 1);
        lane.take();
        add(lane, 2);
        lane.leave(List.of(successor));

        assertEquals(List.of(), lane.move());
        assertFalse(successor.isReady());
        lane.failed(Publication.Reason.STREAM_UNAVAILABLE, 0);

        assertEquals(List.of(successor), lane.move());
        assertEquals(List.of(1L, 2L), sent(successor));
    }

    @Test
    void isSuspectFromAFailureUntilItsShardHasTakenAWhileAgain() {
        Lane lane = lane(0);
        add(lane, 1);
        assertFalse(lane.isSuspect());
        for (int i = 0; i < 3; i++) {
            lane.take();
            lane.throttled(0);
            assertTrue(lane.isSuspect());
        }
        assertEquals(40, lane.lingerMillis());

        int accepted = 0;
        while (lane.isSuspect()) {
            lane.take();
            lane.accepted();
            add(lane, 2);
            accepted++;
        }
        assertEquals(3, accepted);
    }

    @Test
    void aPauseEndsWithItsOwnResumeOrWithAFullRecordWhereItOnlyCollects() {
        Lane lane = lane(0);
        add(lane, 1);
        int first = lane.pause(false);
        int second = lane.pause(true);
        lane.resume(first);
        assertFalse(lane.isReady());
        lane.resume(second);
        assertTrue(lane.isReady());

        lane.pause(true);
        while (!lane.isReady()) {
            add(lane, 2);
        }
        assertTrue(budget.used() >= 128 * 1024);
        lane.pause(false);
        assertFalse(lane.isReady());
    }

    private Lane lane(int predecessors) {
        return new Lane(new Shard("shard", ALL), budget.newShare(), predecessors);
    }

    private static Submission submission(long deadline) {
        return new Submission(Runnable::run, 1, deadline);
    }

    private static Lane add(Lane lane, long timestamp) {
        return add(lane, submission(1_000_000), timestamp);
    }

    private static Lane add(Lane lane, Submission submission, long timestamp) {
        Pending pending = new Pending(
                submission,
                0,
                StreamLine.of(new Reading("a", timestamp, List.of(new Measurement.Numeric("t", timestamp)))));
        assertTrue(lane.share().tryReserve(pending.bytes()));
        return lane.add(pending);
    }

    private static List<Long> sent(Lane lane) {
        return FakeStream.lines(lane.take().orElseThrow()).stream()
                .map(line -> Long.parseLong(line.substring(line.lastIndexOf(':') + 1, line.length() - 1)))
                .toList();
    }
}
