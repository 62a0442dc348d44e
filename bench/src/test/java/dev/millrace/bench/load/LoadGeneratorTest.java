package dev.millrace.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.bench.load.LoadGenerator.Pace;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** Only what a slow machine makes larger is held against a bound, and only against a lower one. */
class LoadGeneratorTest {

    private static final int RATE = 200;
    private static final int CONNECTIONS = 4;

    @Test
    void countsEveryRequestOfAStallFromTheTimeOfItsSchedule() throws Exception {
        // Given a server that stalls once, for 600 ms, with the 20th request: 120 have their time meanwhile
        try (var server = new StubServer(stallsOnce(20, 600))) {

            // When four connections send 200 requests/s for 1.5 s
            LoadResult result = run(server, Duration.ZERO, Duration.ofMillis(1_500));

            // Then each of the 300 has a latency, and those of the stall's first half have waited for its second; a
            // generator that counts from when it could send sees four of them
            assertEquals(300, server.requests());
            assertEquals(300, result.latency().getTotalCount());
            assertTrue(
                    longerThan(result, 299) >= 60 - CONNECTIONS,
                    () -> longerThan(result, 299) + " requests were found to have waited");
            assertEquals(0, result.failed());
        }
    }

    @Test
    void carriesTheBacklogOfTheSettlingIntoTheWindow() throws Exception {
        // Given a server that stalls from the first request on, until after the settling
        try (var server = new StubServer(stallsOnce(0, 500))) {

            // When the settling takes 300 ms and the window 500 ms
            LoadResult result = run(server, Duration.ofMillis(300), Duration.ofMillis(500));

            // Then no request of the settling was left out, and the window's alone are measured
            assertEquals(160, server.requests());
            assertEquals(100, result.latency().getTotalCount());
            assertTrue(longerThan(result, 99) >= 20 - CONNECTIONS);
        }
    }

    @Test
    void sendsWhatIsBehindAtTheEnd() throws Exception {
        // Given a server that stalls until the window is over
        try (var server = new StubServer(stallsOnce(0, 800))) {

            // When
            LoadResult result = run(server, Duration.ZERO, Duration.ofMillis(400));

            // Then its requests are measured to their answers, not to the window's end; and that it was too slow is
            // said
            assertEquals(80, server.requests());
            assertEquals(80, result.latency().getTotalCount());
            assertTrue(longerThan(result, 399) >= 80 - CONNECTIONS);
            assertEquals(0, result.failed());
            assertTrue(result.flaws("ours", RATE).getLast().startsWith("ours answered"));
        }
    }

    @Test
    void countsAnAnswerOtherThan202AsFailed() throws Exception {
        // Given
        try (var server = new StubServer(number -> number == 7 ? 503 : 202)) {

            // When
            LoadResult result = run(server, Duration.ZERO, Duration.ofMillis(500));

            // Then
            assertEquals(1, result.failed());
            assertTrue(result.accepted() < 100);
            assertEquals(List.of("ours: 1 failed"), result.flaws("ours"));
        }
    }

    @Test
    void findsNoFlawWhereEveryRequestWasAnsweredBy202() throws Exception {
        // Given
        try (var server = new StubServer(_ -> 202)) {

            // When
            LoadResult result = run(server, Duration.ofMillis(100), Duration.ofMillis(400));

            // Then
            assertEquals(100, server.requests());
            assertEquals(80, result.latency().getTotalCount());
            assertEquals(List.of(), result.flaws("ours"));
        }
    }

    private static LoadResult run(StubServer server, Duration settling, Duration window) throws IOException {
        try (var generator =
                new LoadGenerator(server.address(), new HttpRequests(List.of(StubServer.REQUEST)), CONNECTIONS)) {
            return generator.run(new Pace.Open(RATE), settling, window, () -> Duration.ZERO);
        }
    }

    /** The request of that number is answered so many milliseconds late, and those after it wait. */
    private static IntUnaryOperator stallsOnce(int number, int millis) {
        var never = new CountDownLatch(1);
        return request -> {
            if (request == number) {
                try {
                    never.await(millis, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return 202;
        };
    }

    private static long longerThan(LoadResult result, long millis) {
        return result.latency().getCountBetweenValues(TimeUnit.MILLISECONDS.toNanos(millis), Long.MAX_VALUE);
    }
}
