package dev.millrace.processor.anomaly.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.yaml.Field;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The schema and the reference say what the reader does. */
class RuleReferenceTest {

    private static final Path REFERENCE = Path.of("../docs/rules.md");
    private static final Path README = Path.of("../README.md");
    private static final String WRITE_ANEW = "write it anew: make rules-reference";

    private static Object yaml(String text) {
        return new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    /** A file as JSON. */
    private static JsonObject json(Object yaml) {
        return new JsonObject(new JsonObject(Map.of("file", yaml)).encode()).getJsonObject("file");
    }

    private static OutputUnit validated(String file) {
        return Validator.create(
                        JsonSchema.of(new JsonObject(RuleReference.schema())),
                        new JsonSchemaOptions()
                                .setBaseUri("https://millrace.dev/")
                                .setDraft(Draft.DRAFT202012)
                                .setOutputFormat(OutputFormat.Basic))
                .validate(json(yaml(file)));
    }

    private static void assertGood(String file) {
        assertInstanceOf(RuleFile.Valid.class, RuleFile.parse(file), () -> RuleFile.parse(file) + "\n" + file);
        OutputUnit result = validated(file);
        assertTrue(result.getValid(), () -> file + ": " + result.getErrors());
    }

    @Test
    void theShippedSchemaIsThatOfTheFields() throws IOException {
        try (var in = Objects.requireNonNull(
                RuleReferenceTest.class.getResourceAsStream("/dev/millrace/processor/anomaly/rules.schema.json"))) {
            assertEquals(RuleReference.schema(), new String(in.readAllBytes(), StandardCharsets.UTF_8), WRITE_ANEW);
        }
    }

    @Test
    void theTableOfTheReferenceIsThatOfTheFields() throws IOException {
        String text = Files.readString(REFERENCE);

        assertEquals(RuleReference.withTable(text), text, WRITE_ANEW);
    }

    private static List<String> examples(Path document) throws IOException {
        return Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(document))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void aDocumentHasAnExampleOfEachKindAndAllAreGood(Path document) throws IOException {
        Set<ConditionKind> kinds = new HashSet<>();

        for (String example : examples(document)) {
            assertGood(example);
            if (RuleFile.parse(example) instanceof RuleFile.Valid(RuleSet rules)) {
                rules.rules().forEach(rule -> rule.conditions().forEach(condition -> kinds.add(condition.kind())));
            }
        }

        assertEquals(Set.of(ConditionKind.values()), kinds);
    }

    static Stream<Path> documents() {
        return Stream.of(REFERENCE, README);
    }

    @Test
    void theReadmesExampleHasEveryField() throws IOException {
        String example = String.join("", examples(README));

        for (Field<?> field : Stream.concat(RuleFile.fields(RuleFile.rules()).stream(), fields())
                .toList()) {
            assertTrue(
                    Pattern.compile("\\b" + field.name() + ": ?")
                            .matcher(example)
                            .find(),
                    field.name());
        }
    }

    @Test
    void theShippedRulesFollowTheSchema() {
        assertGood(RuleFile.shippedText());
    }

    static Stream<Field<?>> fields() {
        return RuleFields.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("fields")
    void theExampleOfAFieldIsGood(Field<?> field) {
        Map<Object, Object> rule =
                new LinkedHashMap<>(Map.of("name", "r", "severity", "info", "metric", "m", "above", 99));
        rule.putAll((Map<?, ?>) yaml("{" + field.example() + "}"));

        assertTrue(rule.containsKey(field.name()));
        // JSON is YAML
        assertGood(json(Map.of("version", 1, "rules", List.of(rule))).encodePrettily());
    }

    /** What the schema can say, it says. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "version: 0\nrules: []",
                "rules: []",
                "version: 1",
                "version: 1\nrules: []\nmore: 1",
                "version: 1\nrules: []\noutOfService: []",
                "version: 1\nrules: []\noutOfService: press 4",
                "version: 1\nrules: [{name: a, severity: info, metric: m}]",
                "version: 1\nrules: [{name: a, severity: info, above: 1}]",
                "version: 1\nrules: [{name: A, severity: info, metric: m, above: 1}]",
                "version: 1\nrules: [{name: a, severity: loud, metric: m, above: 1}]",
                "version: 1\nrules: [{name: a, severity: info, metric: 7up, above: 1}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, above: '1'}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, clearBelow: 1, below: 0}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, flatFor: 1m, for: 1s}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, silentFor: 1m, clearFor: 1s}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, silentFor: 5}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, rateAbove: 5}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, unusual: false}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, deviates: {by: 6, size: 1}}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, state: []}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, state: [true]}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, above: 1, refire: 25}]",
                "version: 1\nrules: [{name: a, severity: info, metric: m, above: 1, extra: 25}]"
            })
    void theSchemaRefusesWhatTheReaderRefuses(String file) {
        assertInstanceOf(RuleFile.Refused.class, RuleFile.parse(file));
        assertFalse(validated(file).getValid());
    }
}
