package dev.millrace.processor.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.store.ShardKey;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrearsTest {

    private final Arrears arrears =
            new Arrears(new ShardKey("stream", 1, "shardId-0"), new HashKeyRange(HashKey.MIN, HashKey.MAX));

    private static OptionalLong at(long micros) {
        return OptionalLong.of(micros);
    }

    @Test
    void nothingIsSettledUntilAllWasLookedAt() {
        arrears.begin(Arrears.ALL);
        arrears.reach(100);
        assertEquals(OptionalLong.empty(), arrears.settledTo());

        assertEquals(at(Arrears.ALL), arrears.settle());
        assertEquals(OptionalLong.empty(), arrears.settledTo());
        arrears.settled();

        assertEquals(at(100), arrears.settledTo());
    }

    @Test
    void whatTheOwnerBeforeSettledStaysSettled() {
        arrears.begin(50);
        arrears.reach(100);
        assertEquals(at(50), arrears.settledTo());

        arrears.settle();
        arrears.settled();

        assertEquals(at(100), arrears.settledTo());
    }

    @Test
    void aBatchThatWasNotWrittenHoldsItUpUntilItIsMadeGood() {
        arrears.begin(50);
        arrears.settle();
        arrears.settled();
        arrears.owe(60);
        arrears.reach(70);
        arrears.reach(80);
        assertEquals(at(60), arrears.settledTo());

        assertEquals(at(60), arrears.settle());
        // another one while the first is being made good
        arrears.owe(90);
        arrears.reach(95);
        assertEquals(at(60), arrears.settledTo());
        assertEquals(OptionalLong.empty(), arrears.settle());
        arrears.settled();

        assertEquals(at(90), arrears.settledTo());
        assertEquals(at(90), arrears.settle());
        arrears.settled();
        assertEquals(at(95), arrears.settledTo());
        assertEquals(OptionalLong.empty(), arrears.settle());
    }

    @Test
    void sensorsAreRememberedUpToANumberAndThenAllAreLookedAt() {
        arrears.addIncomplete(IntStream.range(0, Arrears.MAX_INCOMPLETE)
                .mapToObj(i -> "s" + i)
                .toList());
        arrears.addIncomplete(IntStream.range(0, 10).mapToObj(i -> "s" + i).toList());
        assertFalse(arrears.takeForgotSome());

        arrears.addIncomplete(IntStream.range(0, 100_000).mapToObj(i -> "t" + i).toList());

        assertTrue(arrears.takeForgotSome());
        assertFalse(arrears.takeForgotSome());
        assertEquals(
                Arrears.MAX_INCOMPLETE,
                arrears.takeIncomplete(Integer.MAX_VALUE).size());
    }
}
