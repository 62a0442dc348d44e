package dev.millrace.core.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class HashKeyTest {

    @Test
    void isTheMd5OfThePartitionKeyAsAnUnsignedInteger() {
        assertEquals(
                "130492489684195576463553820858972143703",
                HashKey.ofPartitionKey("sensor-001").toString());
    }

    @Test
    void knowsTheEndsOfTheKeySpace() {
        assertEquals("0", HashKey.MIN.toString());
        assertEquals("340282366920938463463374607431768211455", HashKey.MAX.toString());
        assertThrows(IllegalArgumentException.class, () -> HashKey.parse("340282366920938463463374607431768211456"));
        assertThrows(IllegalArgumentException.class, () -> HashKey.parse("-1"));
        assertThrows(IllegalArgumentException.class, () -> HashKey.parse("x"));
    }

    @Property
    void isOrderedAsUnsignedIntegersAre(@ForAll long high, @ForAll long low, @ForAll long high2, @ForAll long low2) {
        HashKey one = new HashKey(high, low);
        HashKey two = new HashKey(high2, low2);
        BigInteger first = one.toBigInteger();
        BigInteger second = two.toBigInteger();

        assertEquals(first.compareTo(second), Integer.signum(one.compareTo(two)));
        assertEquals(one, HashKey.parse(one.toString()));
    }

    @Test
    void aRangeHoldsBothItsEnds() {
        HashKeyRange range = new HashKeyRange(HashKey.parse("5"), HashKey.parse("7"));

        assertTrue(range.contains(HashKey.parse("5")));
        assertTrue(range.contains(HashKey.parse("7")));
        assertFalse(range.contains(HashKey.parse("4")));
        assertFalse(range.contains(HashKey.parse("8")));
        assertThrows(IllegalArgumentException.class, () -> new HashKeyRange(HashKey.MAX, HashKey.MIN));
    }
}
