package dev.millrace.local;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StopSignalTest {

    private final StopSignal signal = new StopSignal();
    private final AtomicInteger runs = new AtomicInteger();

    @Test
    void runsAnActionOnceHoweverOftenTheStopIsAskedFor() throws Exception {
        signal.onRequest(runs::incrementAndGet);

        signal.request();
        signal.request();
        signal.await();

        assertEquals(1, runs.get());
    }

    @Test
    void runsAnActionAtOnceThatComesAfterTheStop() {
        signal.request();

        signal.onRequest(runs::incrementAndGet);

        assertEquals(1, runs.get());
    }
}
