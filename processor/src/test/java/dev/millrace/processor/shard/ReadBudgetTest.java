package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReadBudgetTest {

    private final ReadBudget budget = new ReadBudget(100);

    @Test
    void givesRoomUntilItIsFullAndAgainWhenSomeIsGivenBack() {
        ReadBudget.Room first = budget.tryTake(60).orElseThrow();

        assertTrue(budget.tryTake(41).isEmpty());
        first.fit(59);
        assertTrue(budget.tryTake(41).isPresent());
        assertEquals(100, budget.held());
    }

    @Test
    void roomIsGivenBackOnce() {
        ReadBudget.Room room = budget.tryTake(60).orElseThrow();

        room.release();
        room.release();
        room.fit(50);
        room.fit(70);

        assertEquals(0, budget.held());
    }

    @Test
    void whatIsLargerThanItsRoomMakesOthersWait() {
        ReadBudget.Room room = budget.tryTake(10).orElseThrow();

        room.fit(150);

        assertEquals(150, budget.held());
        ReadBudget.Claim next = budget.claim(1);
        assertFalse(next.room().isDone());
        room.fit(99);
        assertTrue(next.room().isDone());
    }

    @Test
    void whoWaitsGetsRoomInTheOrderOfAsking() {
        ReadBudget.Room held = budget.tryTake(90).orElseThrow();
        ReadBudget.Claim large = budget.claim(50);
        ReadBudget.Claim small = budget.claim(5);

        assertFalse(small.room().isDone(), "overtook one that waited before it");
        assertTrue(budget.tryTake(5).isEmpty(), "overtook those that wait");
        held.fit(50);

        assertTrue(large.room().isDone());
        assertFalse(small.room().isDone());
        large.room().join().release();
        assertTrue(small.room().isDone());
        assertEquals(55, budget.held());
    }

    @Test
    void whoIsAloneGetsMoreThanTheBudgetButReadsNotAhead() {
        assertTrue(budget.tryTake(101).isEmpty());
        ReadBudget.Claim alone = budget.claim(1_000);
        ReadBudget.Claim next = budget.claim(1_000);

        assertTrue(alone.room().isDone());
        assertFalse(next.room().isDone());
        alone.room().join().release();
        assertTrue(next.room().isDone());
    }

    @Test
    void whoLeavesTheLineHoldsNobodyUp() {
        ReadBudget.Room held = budget.tryTake(60).orElseThrow();
        ReadBudget.Claim first = budget.claim(100);
        ReadBudget.Claim second = budget.claim(40);

        first.giveUp();

        assertTrue(second.room().isDone());
        second.giveUp();
        held.release();
        assertEquals(0, budget.held());
    }

    @Test
    void manyThreadsNeverHoldMoreThanItAndAllGetTheirTurn() throws Exception {
        AtomicLong inUse = new AtomicLong();
        AtomicLong most = new AtomicLong();
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (int reader = 0; reader < 16; reader++) {
                Random random = new Random(reader);
                done.add(readers.submit(() -> {
                    for (int read = 0; read < 500; read++) {
                        ReadBudget.Claim claim = budget.claim(30);
                        if (random.nextInt(10) == 0) {
                            claim.giveUp();
                            continue;
                        }
                        ReadBudget.Room room = claim.room().join();
                        most.accumulateAndGet(inUse.addAndGet(30), Math::max);
                        Thread.onSpinWait();
                        inUse.addAndGet(-20);
                        room.fit(10);
                        inUse.addAndGet(-10);
                        room.release();
                    }
                }));
            }
            for (Future<?> one : done) {
                one.get(30, TimeUnit.SECONDS);
            }
        }

        assertTrue(most.get() <= 100, () -> most + " bytes were held");
        assertEquals(0, budget.held());
    }
}
