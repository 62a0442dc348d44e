package dev.millrace.processor.anomaly.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The shipped rules stand in databases by their version, and a processor refuses another text of the same version: whoever changes a
 * character of them, be it of a comment, gives them a higher one.
 */
class ShippedRulesTest {

    /** SHA-256 of the text of each version. A change adds a line here, and changes none. */
    private static final Map<Integer, String> DIGESTS =
            Map.of(1, "7e6576c166ff007c772dbf75ecc3eb4d9a8dec1681901b1843dfbf47ceff0802");

    private static final Path CLUSTERS = Path.of("../k8s/base/processor/rules.yaml");

    private static int version(String text) {
        return assertInstanceOf(RuleFile.Valid.class, RuleFile.parse(text), () -> RuleFile.parse(text)
                        .toString())
                .rules()
                .version();
    }

    private static String digest(String text) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theirTextChangesOnlyTogetherWithTheirVersion() throws Exception {
        String shipped = RuleFile.shippedText();

        assertEquals(
                DIGESTS.get(version(shipped)), digest(shipped), "a change needs a higher version, and a line here");
        assertEquals(
                DIGESTS.keySet().stream().max(Integer::compare).orElseThrow(),
                version(shipped),
                "versions do not go back");
    }

    /** The file of the ConfigMap is there to be edited; as long as nobody has, it is the shipped one. */
    @Test
    void theClustersFileIsTheShippedOneOrHasAHigherVersion() throws Exception {
        String shipped = RuleFile.shippedText();
        String clusters = Files.readString(CLUSTERS);

        assertTrue(
                version(clusters) >= version(shipped), "the shipped rules have changed: change " + CLUSTERS + " too");
        if (version(clusters) == version(shipped)) {
            assertEquals(shipped, clusters, "a change needs a higher version");
        }
    }

    @Test
    void theReferenceSaysWhichVersionIsNext() throws IOException {
        int shipped = version(RuleFile.shippedText());

        assertTrue(Files.readString(Path.of("../docs/rules.md"))
                .replaceAll("\\s+", " ")
                .contains("have version %d: where they have been in force, your first file needs %d."
                        .formatted(shipped, shipped + 1)));
    }
}
