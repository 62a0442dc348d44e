package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SeriesSharesTest {

    private final SeriesShares shares = new SeriesShares(60_000);

    @Test
    void allHaveTheSame() {
        SeriesShares.Share first = shares.take();
        assertEquals(60_000, first.capacity());

        SeriesShares.Share second = shares.take();
        assertEquals(30_000, first.capacity());
        assertEquals(30_000, second.capacity());

        second.close();
        second.close();
        assertEquals(60_000, first.capacity());
    }

    @Test
    void aBatchsWorthAtLeast() {
        SeriesShares.Share share = shares.take();
        for (int i = 0; i < 100; i++) {
            shares.take();
        }

        assertEquals(SeriesShares.LEAST, share.capacity());
    }
}
