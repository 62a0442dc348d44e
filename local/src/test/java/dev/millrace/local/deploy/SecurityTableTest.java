package dev.millrace.local.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of controls in SECURITY.md names files and tests that there are. */
class SecurityTableTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");

    @Test
    void theTableOfControlsNamesFilesAndTestsThatThereAre() throws IOException {
        List<String> rows = Files.readAllLines(ROOT.resolve("SECURITY.md")).stream()
                .filter(line -> line.startsWith("| A."))
                .toList();
        assertTrue(rows.size() > 10, rows::toString);
        Set<String> tests = tests();
        List<String> missing = new ArrayList<>();
        for (String row : rows) {
            String[] cells = row.split("\\|", -1);
            quoted(cells[2]).stream()
                    .filter(file -> !Files.exists(ROOT.resolve(file)))
                    .forEach(missing::add);
            quoted(cells[3]).stream().filter(test -> !tests.contains(test)).forEach(missing::add);
            assertTrue(!quoted(cells[2]).isEmpty() && !quoted(cells[3]).isEmpty(), row);
        }
        assertEquals(List.of(), missing);
    }

    private static List<String> quoted(String cell) {
        return QUOTED.matcher(cell).results().map(match -> match.group(1)).toList();
    }

    private static Set<String> tests() throws IOException {
        Set<String> names = new HashSet<>();
        for (String module : List.of("core", "gateway", "processor", "local", "bench", "deploy")) {
            Path folder = ROOT.resolve(module).resolve("src/test/java");
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.walk(folder)) {
                    names.addAll(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".java"))
                            .map(name -> name.replace(".java", ""))
                            .collect(Collectors.toSet()));
                }
            }
        }
        return names;
    }
}
