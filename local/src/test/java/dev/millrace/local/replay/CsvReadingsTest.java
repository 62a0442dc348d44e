package dev.millrace.local.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvReadingsTest {

    private static final Instant NINE = Instant.parse("2013-12-02T21:15:00Z");

    @Test
    void readsTheRowsInOrderWithTheirLineNumbers() throws Exception {
        assertEquals(
                List.of(new CsvLine.Row(2, NINE, 73.96732207), new CsvLine.Row(3, NINE.plusSeconds(300), -1.5e3)),
                lines("timestamp,value\n2013-12-02 21:15:00,73.96732207\n2013-12-02 21:20:00,-1.5e3\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "timestamp,value\r\n2013-12-02 21:15:00,1\r\n",
                "timestamp,value\n2013-12-02 21:15:00,1",
                "\uFEFFtimestamp,value\n2013-12-02 21:15:00,1\n",
                "\uFEFF\"timestamp\",\"value\"\r\n\"2013-12-02 21:15:00\",\"1\"\r\n",
                "Timestamp , VALUE\n 2013-12-02 21:15:00 , 1 \n",
                "timestamp,value,anomaly_score,label\n2013-12-02 21:15:00,1,0.03,\"a \"\"b\"\", c\"\n",
                "id,value,timestamp\n7,+1.0,2013-12-02 21:15:00\n",
                "timestamp,value\n1386018900000,1\n"
            })
    void readsWhatDifferentProgramsWrite(String file) throws Exception {
        assertEquals(List.of(new CsvLine.Row(2, NINE, 1)), lines(file));
    }

    @Test
    void passesOverEmptyLinesButCountsThem() throws Exception {
        assertEquals(List.of(new CsvLine.Row(4, NINE, 1)), lines("timestamp,value\n\n  \r\n2013-12-02 21:15:00,1\n\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "2013-12-02 21:15:00 | too few columns",
                "yesterday,1 | not a timestamp: \"yesterday\"",
                "2013-12-02 21:15:00, | not a number: \"\"",
                "2013-12-02 21:15:00,NaN | not a number: \"NaN\"",
                "2013-12-02 21:15:00,0x10 | not a number: \"0x10\"",
                "2013-12-02 21:15:00,1d | not a number: \"1d\"",
                "2013-12-02 21:15:00,1e400 | too large a number: \"1e400\"",
                "\"2013-12-02 21:15:00,1 | a quote is not closed, or text follows it",
                "\"2013-12-02 21:15:00\"x,1 | a quote is not closed, or text follows it"
            })
    void saysWhatIsWrongWithALineAndGoesOn(String line, String reason) throws Exception {
        assertEquals(
                List.of(new CsvLine.Bad(2, reason), new CsvLine.Row(3, NINE, 1)),
                lines("timestamp,value\n" + line + "\n2013-12-02 21:15:00,1\n"));
    }

    @Test
    void doesNotKeepALineThatHasNoEnd() throws Exception {
        String endless = "9".repeat(CsvReadings.MAX_LINE_LENGTH * 100);

        assertEquals(
                List.of(new CsvLine.Bad(2, "longer than 1024 characters"), new CsvLine.Row(3, NINE, 1)),
                lines("timestamp,value\n" + endless + "\n2013-12-02 21:15:00,1\n"));
    }

    @Test
    void readsBytesThatAreNoText() throws Exception {
        byte[] bytes = "timestamp,value\n2013-12-02 21:15:00,?\n".getBytes(StandardCharsets.UTF_8);
        bytes[bytes.length - 2] = (byte) 0xFF;

        assertEquals(List.of(new CsvLine.Bad(2, "not a number: \"\uFFFD\"")), lines(new ByteArrayInputStream(bytes)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "\n", "2013-12-02 21:15:00,1\n", "time,value\n", "timestamp;value\n", "timestamp,\"value\n"})
    void refusesAFileWithoutTheHeader(String file) {
        var failure = assertThrows(UnreadableFile.class, () -> lines(file));

        assertEquals("line 1 must be a header with the columns timestamp and value", failure.getMessage());
    }

    @Test
    void readsTheExampleToItsLastLine() throws Exception {
        Path example = Path.of("..", "examples", "press-4.csv");

        List<CsvLine> lines = lines(Files.newInputStream(example));

        assertEquals(4032, lines.size());
        assertEquals(
                List.of(), lines.stream().filter(CsvLine.Bad.class::isInstance).toList());
        assertEquals(
                lines.size(),
                lines.stream()
                        .map(line -> ((CsvLine.Row) line).timestamp())
                        .distinct()
                        .count());
    }

    private static List<CsvLine> lines(String file) throws IOException, UnreadableFile {
        return lines(new ByteArrayInputStream(file.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<CsvLine> lines(InputStream file) throws IOException, UnreadableFile {
        List<CsvLine> lines = new ArrayList<>();
        try (var readings = CsvReadings.open(file)) {
            for (Optional<CsvLine> line = readings.next(); line.isPresent(); line = readings.next()) {
                lines.add(line.get());
            }
        }
        return lines;
    }
}
