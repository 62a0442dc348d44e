package dev.millrace.gateway.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SenderRatesTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final long START = Long.MAX_VALUE - 3 * SECOND;

    private final SenderRates rates = new SenderRates(START);

    @Test
    void aBurstIsWelcomeAndWhatIsBeyondItIsWaitedFor() {
        Rate rate = new Rate(10, 0);
        for (int i = 0; i < 20; i++) {
            assertEquals(0, rates.waitOf("a", rate, START), "reading " + i);
            rates.take("a", rate, 1, 1_000_000, START);
        }
        assertEquals(0, rates.waitOf("a", rate, START), "the bucket is empty, and not below it");
        rates.take("a", rate, 1, 0, START);

        assertEquals(SECOND / 10, rates.waitOf("a", rate, START));
        assertEquals(0, rates.waitOf("b", rate, START), "others have their own");
        assertEquals(1, rates.waitOf("a", rate, START + SECOND / 10 - 1));
        assertEquals(0, rates.waitOf("a", rate, START + SECOND / 10));
    }

    @Test
    void aBodyLargerThanTheBucketIsTakenAndWaitedForAfterwards() {
        Rate rate = new Rate(0, 1_000);
        rates.take("a", rate, 1, 10_000, START);

        assertEquals(8 * SECOND, rates.waitOf("a", rate, START));
        assertEquals(0, rates.waitOf("a", rate, START + 8 * SECOND));
    }

    @Test
    void theStricterOfTheTwoHolds() {
        Rate rate = new Rate(1, 1_000);
        rates.take("a", rate, 4, 3_000, START);

        assertEquals(2 * SECOND, rates.waitOf("a", rate, START));
    }

    @Test
    void aDebtGoesWithItsRate() {
        rates.take("a", new Rate(1, 0), 10_000, 0, START);
        assertEquals(SenderRates.MAX_DEBT, rates.waitOf("a", new Rate(1, 0), START), "an hour at most");
        assertEquals(0, rates.waitOf("a", new Rate(1_000, 0), START));
        assertEquals(0, rates.tryTake("a", new Rate(1_000, 0), 2_001, 0, START));
        assertEquals(SECOND / 1_000, rates.tryTake("a", new Rate(1_000, 0), 1, 0, START));
        assertEquals(SECOND / 1_000, rates.waitOf("a", new Rate(1_000, 0), START), "what is refused is not taken");
    }

    @Test
    void withoutALimitNothingIsRemembered() {
        rates.take("a", Rate.UNLIMITED, 1_000_000, 1_000_000, START);
        assertEquals(0, rates.waitOf("a", Rate.UNLIMITED, START));
        assertEquals(0, rates.size());
    }

    @Test
    void itRemembersABoundedNumberAndForgetsThoseWhoseBucketsAreFull() {
        Rate rate = new Rate(1, 0);
        for (int i = 0; i < SenderRates.MAX_SENDERS + 10; i++) {
            rates.take("s" + i, rate, 5, 0, START);
        }
        assertEquals(SenderRates.MAX_SENDERS, rates.size());
        rates.take("late", rate, 5, 0, START);
        assertEquals(0, rates.waitOf("late", rate, START), "there is no room to count it");

        rates.take("late", rate, 5, 0, START + 6 * SECOND);
        assertEquals(1, rates.size());
        assertEquals(3 * SECOND, rates.waitOf("late", rate, START + 6 * SECOND));
    }

    /** Whatever comes and whenever: in the end nobody has sent more than the burst, the rate and one body give. */
    @Property(tries = 200)
    void noSenderGetsMoreThanItsRate(
            @ForAll @Size(min = 1, max = 200) int[] sizes, @ForAll @IntRange(min = 1, max = 50) int perSecond) {
        SenderRates own = new SenderRates(0);
        Rate rate = new Rate(perSecond, 0);
        long now = 0;
        long sent = 0;
        long largest = 0;
        for (int size : sizes) {
            int readings = 1 + Math.floorMod(size, 300);
            now += Math.floorMod(size, 7) * SECOND / 10;
            if (own.waitOf("a", rate, now) == 0) {
                own.take("a", rate, readings, 0, now);
                sent += readings;
                largest = Math.max(largest, readings);
            }
        }
        long allowed = (long) SenderRates.BURST_SECONDS * perSecond + now * perSecond / SECOND + 1 + largest;
        assertTrue(sent <= allowed, sent + " of " + allowed);
    }
}
