package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
