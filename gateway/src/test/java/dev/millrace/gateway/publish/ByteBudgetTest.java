package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.publish.ByteBudget.Part;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {

    @Test
    void aLaneGetsItsShareAndAllLanesTogetherTheTotal() {
        ByteBudget budget = new ByteBudget(100, 40);
        ByteBudget.Share one = budget.newShare();
        ByteBudget.Share two = budget.newShare();
        ByteBudget.Share three = budget.newShare();

        assertTrue(one.tryReserve(40));
        assertFalse(one.tryReserve(1));
        assertTrue(two.tryReserve(40));
        assertFalse(three.tryReserve(21), "over the total");
        assertTrue(three.tryReserve(20));
        assertEquals(100, budget.used());

        one.release(40);
        assertTrue(one.tryReserve(30));
        assertEquals(90, budget.used());
    }

    @Test
    void anEmptyLaneTakesMoreThanItsShareButNeverMoreThanTheTotal() {
        ByteBudget budget = new ByteBudget(100, 10);
        ByteBudget.Share one = budget.newShare();

        assertFalse(one.tryReserve(101));
        assertTrue(one.tryReserve(60));
        assertFalse(one.tryReserve(1));
        assertFalse(budget.newShare().tryReserve(41));
        assertEquals(60, budget.used());
    }

    @Test
    void theFirstHalfEndsAtHalfOfTheShareAndAtHalfOfTheTotal() {
        ByteBudget budget = new ByteBudget(100, 40);
        ByteBudget.Share one = budget.newShare();
        ByteBudget.Share two = budget.newShare();
        ByteBudget.Share three = budget.newShare();

        assertFalse(one.tryReserve(21, Part.FIRST_HALF), "more than half a share, though it is empty");
        assertTrue(one.tryReserve(15, Part.FIRST_HALF));
        assertFalse(one.tryReserve(6, Part.FIRST_HALF));
        assertTrue(one.tryReserve(5, Part.FIRST_HALF));
        assertTrue(one.tryReserve(20, Part.ALL));
        assertFalse(one.tryReserve(1, Part.ALL));

        assertTrue(two.tryReserve(5));
        assertFalse(two.tryReserve(6, Part.FIRST_HALF), "over half of the total");
        assertEquals(5, two.taken());
        assertTrue(two.tryReserve(5, Part.FIRST_HALF));
        assertTrue(three.tryReserve(40, Part.ALL));
        assertEquals(90, budget.used());

        one.release(40);
        two.release(10);
        three.release(40);
        assertEquals(0, budget.used());
        assertTrue(two.tryReserve(20, Part.FIRST_HALF));
    }

    @Test
    void mayHoldWhatEndsWithinTheTotalOrItsFirstHalf() {
        ByteBudget budget = new ByteBudget(100, 40);
        assertTrue(budget.newShare().tryReserve(30));

        assertTrue(budget.mayHold(70, Part.ALL));
        assertFalse(budget.mayHold(71, Part.ALL));
        assertTrue(budget.mayHold(20, Part.FIRST_HALF));
        assertFalse(budget.mayHold(21, Part.FIRST_HALF));
        assertEquals(30, budget.used());
    }

    @Test
    void aLaneThatWasMovedIntoTakesNothingNewUntilItIsBelowItsShare() {
        ByteBudget budget = new ByteBudget(100, 40);
        ByteBudget.Share left = budget.newShare();
        ByteBudget.Share right = budget.newShare();
        ByteBudget.Share merged = budget.newShare();
        assertTrue(left.tryReserve(30));
        assertTrue(right.tryReserve(30));

        left.moveTo(merged, 30);
        right.moveTo(merged, 30);

        assertEquals(60, merged.taken());
        assertEquals(60, budget.used());
        assertFalse(merged.tryReserve(1));
        merged.release(30);
        assertTrue(merged.tryReserve(10));
        assertFalse(merged.tryReserve(1));
        merged.release(40);
        assertEquals(0, budget.used());
    }
}
