package dev.millrace.processor.ownership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.store.DetectorState;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Progress;
import dev.millrace.processor.store.ShardState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OwnershipTest {

    private static final LeaseTime TIME = new LeaseTime(Duration.ofSeconds(10));
    private static final String ME = "me/1";
    private static final String OTHER = "other/1";

    private final Ownership ownership = new Ownership(ME, TIME, new Random(1));
    private int second = 100;

    private static ShardState state(@Nullable String owner, long beat) {
        return new ShardState(
                new Progress(Position.START, 7, false),
                Optional.ofNullable(owner),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                beat,
                DetectorState.NONE);
    }

    private static long nanos(int second) {
        return TimeUnit.SECONDS.toNanos(second);
    }

    /** A membership that was read just now. */
    private Membership members(Set<String> live, Set<String> candidates) {
        return new Membership(live, candidates, nanos(second), true);
    }

    private Membership onlyMe() {
        return members(Set.of(ME), Set.of(ME));
    }

    private Ownership.Plan plan(Membership membership, Map<String, ShardState> states, String... running) {
        return ownership.plan(List.of("0"), states, Set.of(running), membership, nanos(second));
    }

    private static Ownership.Plan take(String... shards) {
        return new Ownership.Plan(List.of("0"), List.of(shards), List.of());
    }

    @Test
    void takesWhatNobodyHas() {
        assertEquals(take("0"), plan(onlyMe(), Map.of()));
        assertEquals(take("0"), plan(onlyMe(), Map.of("0", state(null, 1))));
        assertEquals(take("0"), plan(onlyMe(), Map.of("0", state(ME, 1))));
        assertEquals(take(), plan(onlyMe(), Map.of("0", state(ME, 1)), "0"));
    }

    @Test
    void givesUpAShardOfWhichAFailOverHasLostThatItWasTaken() {
        // its loop waits for a state that will never come; given up, the shard can be taken anew
        assertEquals(new Ownership.Plan(List.of("0"), List.of(), List.of("0")), plan(onlyMe(), Map.of(), "0"));
    }

    @Test
    void takesAtOnceFromOneWhoseLeaseHasEnded() {
        plan(members(Set.of(ME, OTHER), Set.of(ME)), Map.of("0", state(OTHER, 1)));
        second++;

        assertEquals(take("0"), plan(onlyMe(), Map.of("0", state(OTHER, 1))));
    }

    @Test
    void oneWhoHasJustComeIsNotTakenForGone() {
        Membership before = onlyMe();
        second++;

        assertEquals(take(), plan(before, Map.of("0", state(OTHER, 1))));
        second++;
        assertEquals(take(), plan(members(Set.of(ME, OTHER), Set.of(ME)), Map.of("0", state(OTHER, 1))));
    }

    @Test
    void doesNotJudgeByAMembershipThatIsOld() {
        plan(members(Set.of(ME, OTHER), Set.of(ME)), Map.of("0", state(OTHER, 1)));
        Membership old = new Membership(Set.of(ME), Set.of(ME), nanos(second + 1), true);
        second += 12;

        assertEquals(take(), plan(old, Map.of("0", state(OTHER, 1))));
    }

    @Test
    void awaitsOneWhoLivesAndWorksHoweverLongThatTakes() {
        for (; second < 200; second++) {
            Membership membership = members(Set.of(ME, OTHER), Set.of(ME));
            assertEquals(take(), plan(membership, Map.of("0", state(OTHER, second / 3))));
        }
    }

    @Test
    void tellsWhetherAnotherReadsAShard() {
        ShardState others = state(OTHER, 1);
        assertTrue(afterSeconds(0, others));
        assertTrue(afterSeconds(6, others));
        // two signs of life are missing
        assertFalse(afterSeconds(1, others));
        assertTrue(afterSeconds(1, state(OTHER, 2)));
        assertFalse(afterSeconds(1, state(null, 3)));
        assertFalse(afterSeconds(1, state(ME, 4)));
    }

    private boolean afterSeconds(int seconds, ShardState state) {
        Membership both = members(Set.of(ME, OTHER), Set.of(ME));
        for (int i = 0; i < seconds; i++) {
            second++;
            plan(both, Map.of("0", state));
        }
        plan(both, Map.of("0", state));
        return ownership.isReadElsewhere("0", state);
    }

    @Test
    void takesFromOneWhoDoesNothingForTheLeaseTime() {
        int begin = second;
        for (; second < begin + 8; second++) {
            assertEquals(take(), plan(members(Set.of(ME, OTHER), Set.of(ME)), Map.of("0", state(OTHER, 1))));
        }
        assertEquals(take("0"), plan(members(Set.of(ME, OTHER), Set.of(ME)), Map.of("0", state(OTHER, 1))));
    }

    @Test
    void aloneItWaitsForTheLeaseTimeToo() {
        int begin = second;
        for (; second < begin + 8; second++) {
            assertEquals(take(), plan(Membership.alone(ME, false, nanos(second)), Map.of("0", state("foreign/1", 1))));
        }
        assertEquals(take("0"), plan(Membership.alone(ME, false, nanos(second)), Map.of("0", state("foreign/1", 1))));
    }

    @Test
    void timeInWhichNothingCouldBeReadDoesNotCount() {
        plan(Membership.alone(ME, false, nanos(second)), Map.of("0", state("foreign/1", 1)));
        second += 1_000;

        assertEquals(take(), plan(Membership.alone(ME, false, nanos(second)), Map.of("0", state("foreign/1", 1))));
    }

    @Test
    void givesUpWhatIsAnothers() {
        assertEquals(
                new Ownership.Plan(List.of(), List.of(), List.of("0")),
                plan(members(Set.of(ME, OTHER), Set.of(OTHER)), Map.of("0", state(ME, 1)), "0"));
    }

    @Test
    void withoutAnyoneToTakeItNothingIsGivenUp() {
        assertEquals(
                new Ownership.Plan(List.of(), List.of(), List.of()),
                plan(members(Set.of(ME), Set.of()), Map.of("0", state(ME, 1)), "0"));
    }

    @Test
    void whoWasFencedComesBackOnlyWithAMembershipReadSince() {
        Membership before = onlyMe();
        ownership.fenced("0", nanos(second) + 1);
        second += 100;

        Membership stale = new Membership(before.live(), before.candidates(), before.readAt(), true);
        assertEquals(take(), plan(stale, Map.of("0", state(null, 1))));
        assertEquals(take("0"), plan(onlyMe(), Map.of("0", state(null, 1))));
    }

    @Test
    void whoWasFencedBacksOff() {
        ownership.fenced("0", nanos(second));
        Membership justNow = new Membership(Set.of(ME), Set.of(ME), nanos(second) + 2, true);

        Ownership.Plan at =
                ownership.plan(List.of("0"), Map.of("0", state(null, 1)), Set.of(), justNow, nanos(second) + 3);

        assertEquals(take(), at);
    }

    @Test
    void whileTheLeasesCannotBeReadWhoeverIsFirstTakesWhatNobodyReads() {
        Membership stale = members(Set.of(ME, OTHER), Set.of(OTHER));
        int begin = second;
        for (; second < begin + 16; second++) {
            assertEquals(List.of(), plan(stale, Map.of("0", state(OTHER, 1))).take());
        }
        assertEquals(List.of("0"), plan(stale, Map.of("0", state(OTHER, 1))).take());
        // and it is not given up by what is old
        second++;
        assertEquals(List.of(), plan(stale, Map.of("0", state(ME, 2)), "0").giveUp());
    }

    @Test
    void whileTheLeasesCannotBeReadAShardThatIsFreeFindsSomeoneToo() {
        Membership stale = members(Set.of(ME, OTHER), Set.of(OTHER));
        int begin = second;
        for (; second < begin + 16; second++) {
            plan(stale, Map.of());
        }
        assertEquals(List.of("0"), plan(stale, Map.of()).take());
    }
}
