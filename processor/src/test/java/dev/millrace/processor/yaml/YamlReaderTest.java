package dev.millrace.processor.yaml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How much of a file is read at all, and where it is told that there is more. */
class YamlReaderTest {

    private static final int PLENTY = 10_000_000;

    private static Problem problem(String text, int maxCharacters) {
        return assertThrows(YamlReader.Unreadable.class, () -> YamlReader.read(text, maxCharacters))
                .problem();
    }

    private static String nested(int depth) {
        return "[".repeat(depth) + "]".repeat(depth);
    }

    @Test
    void listsAndMappingsMayBeWithinOneAnotherToADepthAndNoFurther() throws Exception {
        assertInstanceOf(Yaml.Sequence.class, YamlReader.read(nested(YamlReader.MAX_DEPTH), PLENTY));

        assertEquals(
                new Problem(1, YamlReader.MAX_DEPTH + 1, "the file is nested too deeply"),
                problem(nested(YamlReader.MAX_DEPTH + 1), PLENTY));
        // by indents, as people write it
        StringBuilder text = new StringBuilder();
        for (int depth = 0; depth <= YamlReader.MAX_DEPTH; depth++) {
            text.append("  ".repeat(depth)).append("a:\n");
        }
        assertEquals(
                new Problem(YamlReader.MAX_DEPTH + 1, 2 * YamlReader.MAX_DEPTH + 1, "the file is nested too deeply"),
                problem(text.toString(), PLENTY));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\r\n", "# more\n", "# more\r"})
    void aFileMayHaveSoManyLinesAndNoMore(String line) throws Exception {
        String most = "a: 1" + line.substring(line.length() - 1) + line.repeat(YamlReader.MAX_LINES - 1);
        assertInstanceOf(Yaml.Mapping.class, YamlReader.read(most, PLENTY));
        assertInstanceOf(Yaml.Mapping.class, YamlReader.read(most.strip(), PLENTY));

        assertEquals(
                new Problem(YamlReader.MAX_LINES + 1, 1, "the file must have at most 100000 lines"),
                problem(most + "#", PLENTY));
    }

    @Test
    void aFileMayHaveSoManyCharactersAndNoMore() throws Exception {
        String text = "a: 1\nb: 2\n";
        assertInstanceOf(Yaml.Mapping.class, YamlReader.read(text, text.length()));

        assertEquals(new Problem(3, 1, "the file must have at most 10 characters"), problem(text + "c: 3", 10));
        assertEquals(new Problem(2, 4, "the file must have at most 8 characters"), problem(text, 8));
    }

    @Test
    void anEmptyFileIsToldAsOne() {
        assertEquals(new Problem(1, 1, "the file is empty"), problem("", PLENTY));
    }
}
