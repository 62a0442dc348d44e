package dev.millrace.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReplayTest {

    private static final int BATCH = 500;

    private final VirtualTicker ticker = new VirtualTicker();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ScriptedGateway gateway = new ScriptedGateway();

    @Test
    void sendsTheReadingsAsTheContractWantsThem() throws Exception {
        replay("timestamp,value\n2013-12-02 21:15:00,73.96732207\n1386018900123,1\n");

        assertEquals(new JsonArray("""
                        [{"sensorId": "machine-1", "temperature": 73.96732207, "timestamp": "2013-12-02T21:15:00Z"},
                         {"sensorId": "machine-1", "temperature": 1.0, "timestamp": "2013-12-02T21:15:00.123Z"}]"""), gateway.received.getFirst());
        assertEquals("accepted 2, rejected 0, failed 0 in 0.0 s (2000 readings/s)", lastLine());
    }

    @Test
    void countsBadLinesAsRejectedAndTellsTheirNumbers() throws Exception {
        var result = replay("timestamp,value\n1,1\nyesterday,1\n3,many\n4,4\n");

        assertEquals(new ReplayResult(2, 2, 0, Duration.ZERO), result);
        assertEquals(1, result.exitCode());
        assertTrue(output().contains("line 3: not a timestamp: \"yesterday\"\n"), output());
        assertTrue(output().contains("line 4: not a number: \"many\"\n"), output());
    }

    @Test
    void tellsWhyTheGatewayRejectsAndOnWhichLine() throws Exception {
        gateway.answers.add(new Answer.Settled(List.of(new Answer.Rejection(1, "invalid-reading: too hot"))));

        var result = replay("timestamp,value\n1,1\n\n2,2\n3,3\n");

        assertEquals(new ReplayResult(2, 1, 0, Duration.ZERO), result);
        assertTrue(output().contains("line 4: invalid-reading: too hot\n"), output());
    }

    @Test
    void tellsTheFirstReasonsOnlyButCountsAll() throws Exception {
        replay("timestamp,value\n" + "x,1\n".repeat(25));

        assertEquals(
                10, output().lines().filter(line -> line.startsWith("line ")).count());
        assertTrue(output().contains("… and 15 more lines rejected\n"), output());
        assertTrue(lastLine().startsWith("accepted 0, rejected 25, failed 0 in "), lastLine());
    }

    @Test
    void sendsOnlyTheReadingsAgainThatWereNotAcceptedAndBeforeAnyLaterOne() throws Exception {
        // Given the second batch of three is accepted in part, its last 200 in two more steps
        gateway.answers.add(new Answer.Settled(List.of()));
        gateway.answers.add(new Answer.Partly(List.of(), range(300, 500), Duration.ZERO));
        gateway.answers.add(new Answer.Partly(List.of(new Answer.Rejection(0, "bad")), range(1, 200), Duration.ZERO));

        // When
        var result = replay(rows(3 * BATCH));

        // Then
        assertEquals(3 * BATCH - 1, result.accepted());
        assertEquals(1, result.rejected());
        assertEquals(0, result.failed());
        assertEquals(
                List.of(range(0, 500), range(500, 1000), range(800, 1000), range(801, 1000), range(1000, 1500)),
                gateway.receivedValues());
    }

    @Test
    void sendsEverythingAgainWhenThereIsNoAnswer() throws Exception {
        gateway.answers.add(new IOException("connection reset"));
        gateway.answers.add(new Answer.Later("HTTP 503 overloaded", Duration.ofSeconds(3)));

        var result = replay(rows(2));

        assertEquals(2, result.accepted());
        assertEquals(0, result.exitCode());
        assertEquals(List.of(range(0, 2), range(0, 2), range(0, 2)), gateway.receivedValues());
        assertTrue(result.elapsed().compareTo(Duration.ofSeconds(3)) >= 0, "waits as long as it was asked to");
    }

    @Test
    void givesUpWhenNothingIsAcceptedForTooLongAndCountsTheRestAsFailed() throws Exception {
        gateway.answers.add(new Answer.Settled(List.of()));
        gateway.otherwise = new IOException("connection refused");

        var result = replay(rows(3 * BATCH) + "x,1\n");

        assertEquals(BATCH, result.accepted());
        assertEquals(1, result.rejected());
        assertEquals(2 * BATCH, result.failed());
        assertEquals(1, result.exitCode());
        assertEquals(Duration.ofSeconds(60), result.elapsed());
        assertTrue(
                output().contains("Gave up after 60 s: no answer from http://localhost:8080 (connection refused)\n"),
                output());
        assertTrue(output().contains("Trying again for up to 60 s: no answer from"), output());
    }

    @Test
    void doesNotGiveUpWhileReadingsAreAcceptedNowAndThen() throws Exception {
        // Given a gateway that takes one reading a time, after 30 s each
        for (int left = 9; left > 0; left--) {
            gateway.answers.add(new Answer.Later("overloaded", Duration.ofSeconds(30)));
            gateway.answers.add(new Answer.Partly(List.of(), range(1, left + 1), Duration.ZERO));
        }

        var result = replay(rows(10));

        assertEquals(10, result.accepted());
        assertEquals(0, result.failed());
    }

    @Test
    void stopsAtARefusalThatSendingAgainWouldNotChange() throws Exception {
        gateway.answers.add(new Answer.Refused("HTTP 401 unauthenticated"));

        var result = replay(rows(2 * BATCH));

        assertEquals(new ReplayResult(0, 0, 2 * BATCH, Duration.ZERO), result);
        assertEquals(1, gateway.received.size());
        assertTrue(output().contains("The gateway refuses: HTTP 401 unauthenticated\n"), output());
    }

    @Test
    void anInterruptEndsItWithAnHonestResult() throws Exception {
        gateway.answers.add(new Answer.Settled(List.of()));
        gateway.otherwise = new InterruptedException();

        var result = replay(rows(3 * BATCH));

        assertTrue(Thread.interrupted(), "the interrupt is kept");
        assertEquals(BATCH, result.accepted());
        assertEquals(2 * BATCH, result.failed());
        assertTrue(lastLine().startsWith("accepted 500, rejected 0, failed 1000 in "), lastLine());
    }

    @Test
    void tellsWhatWasAcceptedThoughTheFileCannotBeReadToItsEnd() {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the disk is gone");
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                throw new IOException("the disk is gone");
            }
        };
        byte[] readable = rows(BATCH + 10).getBytes(StandardCharsets.UTF_8);
        var file = new SequenceInputStream(new ByteArrayInputStream(readable), broken);

        var failure = assertThrows(IOException.class, () -> replay(file, readable.length));

        assertEquals("the disk is gone", failure.getMessage());
        assertEquals(List.of(range(0, BATCH), range(BATCH, BATCH + 10)), gateway.receivedValues());
        assertTrue(lastLine().startsWith("accepted 510, rejected 0, failed 0 in "), this::output);
    }

    @Test
    void anEmptyFileIsDoneAtOnce() throws Exception {
        assertEquals(new ReplayResult(0, 0, 0, Duration.ZERO), replay("timestamp,value\n"));

        assertEquals(List.of(), gateway.received);
        assertEquals("accepted 0, rejected 0, failed 0 in 0.0 s (0 readings/s)\n", output());
    }

    @Test
    void printsALineNowAndThen() throws Exception {
        gateway.onPost = () -> ticker.pass(Duration.ofSeconds(4));

        replay(rows(6 * BATCH));

        assertEquals(
                2,
                output().lines().filter(line -> line.contains("%  accepted ")).count(),
                output());
    }

    private ReplayResult replay(String file) throws IOException, UnreadableFile {
        byte[] bytes = file.getBytes(StandardCharsets.UTF_8);
        return replay(new ByteArrayInputStream(bytes), bytes.length);
    }

    private ReplayResult replay(InputStream file, long size) throws IOException, UnreadableFile {
        var config = new ReplayConfig(
                Path.of("file.csv"),
                "machine-1",
                "temperature",
                OptionalDouble.empty(),
                Duration.ofSeconds(60),
                URI.create("http://localhost:8080"),
                Optional.empty());
        var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        var replay =
                new Replay(config, gateway, ticker, new SplittableRandom(1), new ReplayProgress(stream, false, ticker));
        return replay.run(file, size);
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String lastLine() {
        return output().lines().toList().getLast();
    }

    /** A file whose n-th row has the value n, from 0. */
    private static String rows(int count) {
        var file = new StringBuilder("timestamp,value\n");
        for (int i = 0; i < count; i++) {
            file.append(i).append(',').append(i).append('\n');
        }
        return file.toString();
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    /** Answers by a script, and when it is over accepts everything. */
    private static final class ScriptedGateway implements Gateway {

        final Deque<Object> answers = new ArrayDeque<>();
        final List<JsonArray> received = new ArrayList<>();
        Object otherwise = new Answer.Settled(List.of());
        Runnable onPost = () -> {};

        @Override
        public Answer post(String readings, int count) throws IOException, InterruptedException {
            var array = new JsonArray(readings);
            assertEquals(array.size(), count);
            received.add(array);
            onPost.run();
            Object next = answers.isEmpty() ? otherwise : answers.remove();
            return switch (next) {
                case Answer answer -> answer;
                case IOException failure -> throw failure;
                case InterruptedException failure -> throw failure;
                default -> throw new AssertionError(next);
            };
        }

        List<List<Integer>> receivedValues() {
            return received.stream()
                    .map(array -> array.stream()
                            .map(item ->
                                    ((JsonObject) item).getDouble("temperature").intValue())
                            .toList())
                    .toList();
        }
    }
}
