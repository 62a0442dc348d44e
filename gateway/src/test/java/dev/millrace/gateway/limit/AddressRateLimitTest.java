package dev.millrace.gateway.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class AddressRateLimitTest {

    private static final long SECOND = 1_000_000_000L;

    private final AddressRateLimit limit = new AddressRateLimit(10, 0);

    @Test
    void takesABurstOfTwoSecondsAndThenTheRate() {
        for (int i = 0; i < 20; i++) {
            assertEquals(0, limit.take(1, 0));
        }
        assertEquals(SECOND / 10, limit.take(1, 0));
        assertEquals(0, limit.take(2, 0), "another address has a bucket of its own");

        assertEquals(0, limit.take(1, SECOND / 10));
        assertEquals(SECOND / 20, limit.take(1, SECOND / 10 + SECOND / 20));
        int taken = 0;
        for (long now = SECOND; now < 101 * SECOND; now += SECOND / 100) {
            taken += limit.take(1, now) == 0 ? 1 : 0;
        }
        assertTrue(taken >= 1_000 && taken <= 1_020, taken + " in 100 s");
    }

    @Test
    void remembersSoManyAddressesAndForgetsThoseThatMaySendAllAgain() {
        for (long address = 0; address < 2L * AddressRateLimit.MAX_ADDRESSES; address++) {
            assertEquals(0, limit.take(address, 0));
        }
        assertEquals(AddressRateLimit.MAX_ADDRESSES, limit.size());
        for (int i = 0; i < 19; i++) {
            limit.take(0, 0);
        }

        // all buckets are full again but the first one's
        assertEquals(0, limit.take(-1, 2 * SECOND - 1));
        assertEquals(2, limit.size());
    }

    @Test
    void knowsAnIpv6CustomerByItsNetwork() throws Exception {
        assertEquals(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assertNotEquals(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assertNotEquals(key("10.0.0.1"), key("10.0.0.2"));
        assertEquals(key("10.0.0.1"), key("::ffff:10.0.0.1"));
        assertNotEquals(key("255.255.255.255"), key("::ffff:ffff:0:0:0:1"));
    }

    private static long key(String address) throws Exception {
        return AddressRateLimit.key(InetAddress.getByName(address));
    }
}
