package dev.millrace.bench.nab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.anomaly.adaptive.AdaptiveDetector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NabMainTest {

    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    private final Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    NabMainTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private int run(String... args) {
        return NabMain.run(List.of(args), new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
    }

    private int run() {
        return run(directory.toString(), directory.resolve("out").toString());
    }

    /** A noisy series with a jump in row 700, as lines of a file. */
    private static List<String> series(int rows) {
        Random random = new Random(4);
        LocalDateTime at = LocalDateTime.of(2014, 4, 1, 0, 0);
        List<String> lines = new ArrayList<>(List.of("timestamp,value"));
        for (int row = 0; row < rows; row++) {
            lines.add(
                    TIMESTAMP.format(at.plusMinutes(5L * row)) + "," + (random.nextGaussian() + (row < 700 ? 0 : 30)));
        }
        return lines;
    }

    private void given(String name, List<String> lines) throws IOException {
        Path file = directory.resolve("data").resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, lines);
    }

    private List<String> written(String name) throws IOException {
        return Files.readAllLines(directory.resolve("out").resolve(name));
    }

    private List<Double> scores(String name) throws IOException {
        return written(name).stream()
                .skip(1)
                .map(line -> Double.valueOf(line.substring(line.lastIndexOf(',') + 1)))
                .toList();
    }

    @Test
    void writesAScoreForEachRowAtTheSamePath() throws IOException {
        given("oven/door.csv", series(1_000));

        assertEquals(0, run());

        assertEquals("timestamp,value,anomaly_score", written("oven/door.csv").getFirst());
        assertTrue(written("oven/door.csv").get(1).startsWith("2014-04-01 00:00:00,"));
        List<Double> scores = scores("oven/door.csv");
        assertEquals(1_000, scores.size());
        assertTrue(scores.get(700) >= AdaptiveDetector.THRESHOLD, "the jump");
        assertTrue(out.toString(UTF_8).startsWith("1 series, 1000 rows, "), out.toString(UTF_8));
    }

    @Test
    void neitherNamesNorWhatComesLaterChangeAScore() throws IOException {
        given("a/first.csv", series(1_000));
        given("quite/another/name.csv", series(1_000));
        given("a/shortened.csv", series(750));

        assertEquals(0, run());

        assertEquals(scores("a/first.csv"), scores("quite/another/name.csv"));
        assertEquals(scores("a/first.csv").subList(0, 750), scores("a/shortened.csv"));
    }

    @Test
    void aRowThatIsNotLaterIsNotFedAsInTheProcessor() throws IOException {
        List<String> lines = new ArrayList<>(series(1_000));
        given("plain.csv", lines);
        lines.add(600, "2014-04-01 00:00:00,1e9");
        given("late.csv", lines);

        assertEquals(0, run());

        List<Double> expected = new ArrayList<>(scores("plain.csv"));
        expected.add(599, 0.0);
        assertEquals(expected, scores("late.csv"));
    }

    @Test
    void saysWhichDirectoryIsNotThere() {
        assertEquals(66, run(directory.resolve("gone").toString(), "out"));
        assertTrue(err.toString(UTF_8).startsWith("nab: there is no directory "), err.toString(UTF_8));
    }

    @Test
    void saysThatThereIsNoFile() throws IOException {
        Files.createDirectories(directory.resolve("data"));

        assertEquals(66, run());
        assertTrue(err.toString(UTF_8).startsWith("nab: there is no .csv file under "), err.toString(UTF_8));
    }

    @Test
    void saysWhichLineIsNoReading() throws IOException {
        given("broken.csv", List.of("timestamp,value", "2014-04-01 00:00:00,1", "2014-04-01 00:05:00,NaN"));

        assertEquals(65, run());
        assertTrue(err.toString(UTF_8).contains("broken.csv, line 3: not a number"), err.toString(UTF_8));
    }

    @Test
    void saysThatAFileHasNoSuchColumns() throws IOException {
        given("broken.csv", List.of("time,temperature", "1,2"));

        assertEquals(65, run());
        assertTrue(err.toString(UTF_8).contains("broken.csv: line 1 must be a header"), err.toString(UTF_8));
    }

    @Test
    void saysWhatItCannotWrite() throws IOException {
        given("fine.csv", series(10));
        Path file = Files.writeString(directory.resolve("file"), "");

        assertEquals(73, run(directory.toString(), file.toString()));
        assertTrue(err.toString(UTF_8).startsWith("nab: cannot write "), err.toString(UTF_8));
    }

    @Test
    void saysWhatItsArgumentsAre() {
        assertEquals(64, run("", ""));
        assertEquals(64, run("one"));
        assertTrue(err.toString(UTF_8).contains("make nab DATA=dir OUT=dir"), err.toString(UTF_8));
    }
}
