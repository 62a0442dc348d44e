package dev.millrace.processor.anomaly.rule;

import dev.millrace.processor.yaml.Field;
import dev.millrace.processor.yaml.Form;
import dev.millrace.processor.yaml.Forms;
import dev.millrace.processor.yaml.Forms.Whole;
import dev.millrace.processor.yaml.Problem;
import dev.millrace.processor.yaml.Problems;
import dev.millrace.processor.yaml.Values;
import dev.millrace.processor.yaml.Yaml;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads a rule file, YAML 1.2: a version, and rules of the fields that {@link RuleFields} lists. {@code docs/rules.md} is the
 * reference. A file with a problem is refused whole, and each problem has its place.
 */
public final class RuleFile {

    /** The most rules of a file: a series looks at each of them once. */
    static final int MAX_RULES = 1_000;

    /** The most characters of a file. */
    public static final int MAX_CHARACTERS = 1 << 20;

    static final Field<Integer> VERSION = new Field<>(
            "version",
            new Whole(1, 999_999_999),
            true,
            "Rises with each change: the highest is in force, and a version never stands for two texts.",
            "version: 7");

    static final Field<List<Glob>> OUT_OF_SERVICE = new Field<>(
            "outOfService",
            RuleFields.SENSOR_IDS,
            false,
            "Sensors that no rule is for, because they were taken away or are being mended; what they have open closes.",
            "outOfService: [oven-7, hall-3-*]");

    private RuleFile() {}

    /** What became of a file. */
    public sealed interface Parsed {}

    /** A file without a problem. */
    public record Valid(RuleSet rules) implements Parsed {}

    /**
     * A file that is refused.
     *
     * @param problems from 1 to 20, rule by rule
     */
    public record Refused(List<Problem> problems) implements Parsed {

        public Refused {
            problems = List.copyOf(problems);
        }
    }

    /** The file that is shipped: rules for temperature, pressure, vibration and status. */
    public static String shippedText() {
        try (InputStream in = Objects.requireNonNull(RuleFile.class.getResourceAsStream("rules.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The rules of {@link #shippedText}. */
    public static RuleSet shipped() {
        return switch (parse(shippedText())) {
            case Valid(RuleSet rules) -> rules;
            case Refused(List<Problem> problems) ->
                throw new IllegalStateException("the shipped rules are wrong: " + problems);
        };
    }

    /** Reads the text of a file. */
    public static Parsed parse(String text) {
        Problems problems = new Problems();
        Field<List<Rule>> rulesField = rules();
        Optional<Values> values = Values.ofFile(text, MAX_CHARACTERS, fields(rulesField), problems);
        Optional<Integer> version = values.flatMap(fields -> fields.read(VERSION));
        Globs outOfService = values.flatMap(fields -> fields.read(OUT_OF_SERVICE))
                .map(Globs::new)
                .orElse(Globs.NONE);
        Optional<List<Rule>> rules = values.flatMap(fields -> fields.read(rulesField));
        if (problems.count() > 0 || version.isEmpty() || rules.isEmpty()) {
            return new Refused(problems.found());
        }
        return new Valid(new RuleSet(version.get(), outOfService, rules.get()));
    }

    /** All fields, in the order of the reference. */
    static List<Field<?>> fields(Field<List<Rule>> rules) {
        return List.of(VERSION, OUT_OF_SERVICE, rules);
    }

    /** The field of the rules; new for each file, for it knows the names that it has met. */
    static Field<List<Rule>> rules() {
        return new Field<>(
                "rules", new Rules(), true, "The rules; each says what is an anomaly of some series.", "rules: []");
    }

    private static final class Rules implements Form<List<Rule>> {

        @Override
        public Optional<List<Rule>> read(Yaml node, String name, Problems problems) {
            if (!(node instanceof Yaml.Sequence(Yaml.Place _, List<Yaml> items))) {
                problems.note(node.place(), name + " must be a list");
                return Optional.empty();
            }
            if (items.size() > MAX_RULES) {
                problems.note(node.place(), "there must be at most " + MAX_RULES + " rules");
                return Optional.empty();
            }
            RuleReader reader = new RuleReader(problems);
            List<Rule> rules = new ArrayList<>();
            for (Yaml item : items) {
                if (!problems.areEnough()) {
                    reader.read(item).ifPresent(rules::add);
                }
            }
            return Optional.of(rules);
        }

        @Override
        public JsonObject schema() {
            JsonObject rule = Forms.mapping(RuleFields.ALL)
                    .put("anyOf", anyOf(RuleFields.CONDITIONS))
                    .put(
                            "dependentRequired",
                            new JsonObject()
                                    .put(RuleFields.CLEAR_BELOW.name(), JsonArray.of(RuleFields.ABOVE.name()))
                                    .put(RuleFields.CLEAR_ABOVE.name(), JsonArray.of(RuleFields.BELOW.name())))
                    .put(
                            "dependentSchemas",
                            new JsonObject()
                                    .put(
                                            RuleFields.FOR.name(),
                                            new JsonObject().put("anyOf", anyOf(RuleFields.DELAYED)))
                                    .put(
                                            RuleFields.CLEAR_FOR.name(),
                                            new JsonObject().put("anyOf", anyOf(RuleFields.KEPT_OPEN))));
            return new JsonObject()
                    .put("type", "array")
                    .put("maxItems", MAX_RULES)
                    .put("items", rule);
        }

        private static JsonArray anyOf(List<Field<?>> fields) {
            return fields.stream()
                    .map(field -> new JsonObject().put("required", JsonArray.of(field.name())))
                    .collect(JsonArray::new, JsonArray::add, JsonArray::addAll);
        }

        @Override
        public String words() {
            return "a list of up to " + MAX_RULES + " rules";
        }
    }
}
