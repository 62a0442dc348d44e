package dev.millrace.core.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Bodies that broke a decoder somewhere, kept in the tree with what is to come of them. */
class CorpusTest {

    private static final Path CORPUS = Path.of("src/test/resources/corpus");

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT);

    @TestFactory
    Stream<DynamicTest> eachBodyComesToWhatIsWritten() throws IOException {
        return expectations().stream()
                .map(columns -> DynamicTest.dynamicTest(columns[0], () -> {
                    byte[] body = Files.readAllBytes(CORPUS.resolve(columns[0]));
                    assertEquals(columns[1], decode(BodyFormat.JSON, body, body.length), "as JSON");
                    assertEquals(columns[1], decode(BodyFormat.JSON, body, 7), "as JSON in pieces");
                    assertEquals(columns[2], decode(BodyFormat.NDJSON, body, body.length), "as NDJSON");
                    assertEquals(columns[2], decode(BodyFormat.NDJSON, body, 7), "as NDJSON in pieces");
                }));
    }

    @Test
    void eachFileHasItsExpectation() throws IOException {
        try (Stream<Path> files = Files.list(CORPUS)) {
            TreeSet<String> names = new TreeSet<>();
            expectations().forEach(columns -> names.add(columns[0]));
            names.add("expected.csv");
            assertEquals(
                    names,
                    new TreeSet<>(
                            files.map(file -> file.getFileName().toString()).toList()));
        }
    }

    private static List<String[]> expectations() throws IOException {
        return Files.readAllLines(CORPUS.resolve("expected.csv")).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split(",", -1))
                .toList();
    }

    private String decode(BodyFormat format, byte[] body, int piece) {
        List<String> items = new ArrayList<>();
        BodyDecoder stream = Bodies.begin(decoder, format, items);
        Bodies.feed(stream, body, _ -> piece);
        return switch (stream.end()) {
            case BodyResult.Malformed _ -> "malformed";
            case BodyResult.TooMany _ -> "too many";
            case BodyResult.Complete _ -> {
                long refused = items.stream()
                        .filter(item -> item.startsWith("Rejection"))
                        .count();
                yield (items.size() - refused) + "/" + refused;
            }
        };
    }
}
