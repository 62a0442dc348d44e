package dev.millrace.gateway.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ByteBudgetTest {

    @Test
    void aLaneGetsItsShareAndAllLanesTogetherTheTotal() {
        ByteBudget budget = new ByteBudget(100, 40, 3);

        assertTrue(budget.tryReserve(0, 40));
        assertFalse(budget.tryReserve(0, 1));
        assertTrue(budget.tryReserve(1, 40));
        assertFalse(budget.tryReserve(2, 21), "over the total");
        assertTrue(budget.tryReserve(2, 20));
        assertEquals(100, budget.used());

        budget.release(0, 40);
        assertTrue(budget.tryReserve(0, 30));
        assertEquals(90, budget.used());
    }

    @Test
    void anEmptyLaneTakesMoreThanItsShareButNeverMoreThanTheTotal() {
        ByteBudget budget = new ByteBudget(100, 10, 2);

        assertFalse(budget.tryReserve(0, 101));
        assertTrue(budget.tryReserve(0, 60));
        assertFalse(budget.tryReserve(0, 1));
        assertFalse(budget.tryReserve(1, 41));
        assertEquals(60, budget.used());
    }
}
