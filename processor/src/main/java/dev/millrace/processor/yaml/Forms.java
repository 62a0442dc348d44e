package dev.millrace.processor.yaml;

import dev.millrace.core.config.DurationText;
import dev.millrace.core.reading.Names;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The forms that the values of a file have. */
public final class Forms {

    /** What YAML 1.2 (its core schema, section 10.3.2) takes for null, a boolean or a number where it stands without quotes. */
    private static final Pattern NO_TEXT = Pattern.compile(
            "|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"
                    + "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

    private static final String NUMBER = "[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?";
    private static final Pattern WHOLE = Pattern.compile("[0-9]{1,9}");

    private Forms() {}

    /** A text that {@code parser} makes a value of. */
    public record Text<T>(String words, String problem, JsonObject schema, Function<String, Optional<T>> parser)
            implements Form<T> {

        @Override
        public Optional<T> read(Yaml node, String name, Problems problems) {
            Optional<String> text = text(node, name, problems);
            Optional<T> value = text.flatMap(parser);
            if (text.isPresent() && value.isEmpty()) {
                problems.note(node.place(), name + " " + problem);
            }
            return value;
        }
    }

    /** A number with an exponent or without, never infinite. */
    public record Decimal(double min, boolean exclusive, double max) implements Form<Double> {

        public static final Decimal FINITE = new Decimal(-Double.MAX_VALUE, false, Double.MAX_VALUE);

        @Override
        public Optional<Double> read(Yaml node, String name, Problems problems) {
            if (!(node instanceof Yaml.Scalar(Yaml.Place _, String text, boolean plain))
                    || !plain
                    || !text.matches(NUMBER)) {
                problems.note(node.place(), name + " must be a finite number");
                return Optional.empty();
            }
            double value = Double.parseDouble(text) + 0.0; // no negative zero
            if (!Double.isFinite(value)) {
                problems.note(node.place(), name + " must be a finite number");
                return Optional.empty();
            }
            if (value < min || value > max || (exclusive && value == min)) {
                problems.note(node.place(), name + " must be " + words());
                return Optional.empty();
            }
            return Optional.of(value);
        }

        @Override
        public JsonObject schema() {
            JsonObject schema = new JsonObject().put("type", "number");
            if (!equals(FINITE)) {
                schema.put(exclusive ? "exclusiveMinimum" : "minimum", (long) min)
                        .put("maximum", (long) max);
            }
            return schema;
        }

        @Override
        public String words() {
            return equals(FINITE)
                    ? "a finite number"
                    : "a number " + (exclusive ? "greater than " : "from ") + (long) min
                            + (exclusive ? " and at most " : " to ") + (long) max;
        }
    }

    /** A whole number of at most nine digits, both bounds included. */
    public record Whole(int min, int max) implements Form<Integer> {

        @Override
        public Optional<Integer> read(Yaml node, String name, Problems problems) {
            if (node instanceof Yaml.Scalar(Yaml.Place _, String text, boolean plain)
                    && plain
                    && WHOLE.matcher(text).matches()) {
                int value = Integer.parseInt(text);
                if (value >= min && value <= max) {
                    return Optional.of(value);
                }
            }
            problems.note(node.place(), name + " must be " + words());
            return Optional.empty();
        }

        @Override
        public JsonObject schema() {
            return new JsonObject().put("type", "integer").put("minimum", min).put("maximum", max);
        }

        @Override
        public String words() {
            return "a whole number from " + min + " to " + max;
        }
    }

    /** A duration in microseconds, both bounds included. */
    public record Micros(Duration min, Duration max) implements Form<Long> {

        @Override
        public Optional<Long> read(Yaml node, String name, Problems problems) {
            return text(node, name, problems).flatMap(text -> {
                try {
                    return Optional.of(DurationText.parse(text, min, max).toMillis() * 1_000);
                } catch (IllegalArgumentException e) {
                    problems.note(node.place(), name + " " + e.getMessage());
                    return Optional.empty();
                }
            });
        }

        @Override
        public JsonObject schema() {
            return new JsonObject().put("type", "string").put("pattern", "^" + DurationText.FORM + "$");
        }

        @Override
        public String words() {
            return "a duration from " + DurationText.of(min) + " to " + DurationText.of(max);
        }
    }

    /** One value of a form, or a list of such. */
    public record ListOf<T>(Form<T> item, int max, String words) implements Form<List<T>> {

        @Override
        public Optional<List<T>> read(Yaml node, String name, Problems problems) {
            List<Yaml> items = node instanceof Yaml.Sequence(Yaml.Place _, List<Yaml> list) ? list : List.of(node);
            if (items.isEmpty() || items.size() > max) {
                problems.note(node.place(), name + " must have 1 to " + max + " entries");
                return Optional.empty();
            }
            List<T> values = new ArrayList<>();
            for (Yaml one : items) {
                if (!problems.areEnough()) {
                    item.read(one, name, problems).ifPresent(values::add);
                }
            }
            return values.size() == items.size() ? Optional.of(values) : Optional.empty();
        }

        @Override
        public JsonObject schema() {
            return new JsonObject()
                    .put(
                            "oneOf",
                            JsonArray.of(
                                    item.schema(),
                                    new JsonObject()
                                            .put("type", "array")
                                            .put("minItems", 1)
                                            .put("maxItems", max)
                                            .put("items", item.schema())));
        }
    }

    /** A mapping of fields. */
    public record MappingOf<T>(List<Field<?>> fields, Function<Values, Optional<T>> reader, String words)
            implements Form<T> {

        @Override
        public Optional<T> read(Yaml node, String name, Problems problems) {
            return Values.of(node, name, fields, problems).flatMap(reader);
        }

        @Override
        public JsonObject schema() {
            return mapping(fields);
        }
    }

    /** {@code true}, which stands for a number, or that number itself. */
    public record TrueOr(Decimal number, double standsFor) implements Form<Double> {

        @Override
        public Optional<Double> read(Yaml node, String name, Problems problems) {
            if (node instanceof Yaml.Scalar(Yaml.Place _, String text, boolean plain) && plain) {
                if (text.equals("true")) {
                    return Optional.of(standsFor);
                }
                if (text.matches(NUMBER)) {
                    return number.read(node, name, problems);
                }
            }
            problems.note(node.place(), name + " must be " + words());
            return Optional.empty();
        }

        @Override
        public JsonObject schema() {
            return new JsonObject().put("oneOf", JsonArray.of(new JsonObject().put("const", true), number.schema()));
        }

        @Override
        public String words() {
            return "true, or " + number.words();
        }
    }

    /** {@code true} or {@code false}. */
    public record Flag() implements Form<Boolean> {

        @Override
        public Optional<Boolean> read(Yaml node, String name, Problems problems) {
            if (node instanceof Yaml.Scalar(Yaml.Place _, String text, boolean plain)
                    && plain
                    && (text.equals("true") || text.equals("false"))) {
                return Optional.of(text.equals("true"));
            }
            problems.note(node.place(), name + " must be " + words());
            return Optional.empty();
        }

        @Override
        public JsonObject schema() {
            return new JsonObject().put("type", "boolean");
        }

        @Override
        public String words() {
            return "true or false";
        }
    }

    /** The schema of a mapping that has these fields and no other. */
    public static JsonObject mapping(List<Field<?>> fields) {
        JsonObject properties = new JsonObject();
        JsonArray required = new JsonArray();
        for (Field<?> field : fields) {
            properties.put(
                    field.name(),
                    new JsonObject()
                            .put("description", field.meaning())
                            .mergeIn(field.form().schema()));
            if (field.required()) {
                required.add(field.name());
            }
        }
        return new JsonObject()
                .put("type", "object")
                .put("additionalProperties", false)
                .put("required", required)
                .put("properties", properties);
    }

    /** One of a few words, each a value's text. */
    public static <T> Form<T> choice(List<T> values, Function<T, String> text) {
        List<String> words = values.stream().map(text).toList();
        String told = String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
        return new Text<>(
                told,
                "must be " + told,
                new JsonObject().put("type", "string").put("enum", new JsonArray(words)),
                given -> values.stream()
                        .filter(value -> text.apply(value).equals(given))
                        .findFirst());
    }

    /** A text of one form. */
    public static Form<String> text(String pattern, String words) {
        Pattern compiled = Pattern.compile(pattern);
        return new Text<>(
                words,
                "must be " + words,
                new JsonObject().put("type", "string").put("pattern", "^" + pattern + "$"),
                text -> Optional.of(text).filter(t -> compiled.matcher(t).matches()));
    }

    /** A text for people. */
    public static Form<String> prose(int max) {
        String words = "a text of 1 to " + max + " characters without control characters";
        return new Text<>(
                words,
                "must be " + words,
                new JsonObject().put("type", "string").put("minLength", 1).put("maxLength", max),
                text -> Optional.of(text)
                        .filter(t -> !t.isEmpty()
                                && t.length() <= max
                                && Names.isStorable(t)
                                && t.chars().noneMatch(Character::isISOControl)));
    }

    private static Optional<String> text(Yaml node, String name, Problems problems) {
        if (!(node instanceof Yaml.Scalar(Yaml.Place _, String text, boolean plain))) {
            problems.note(node.place(), name + " must be a single value");
            return Optional.empty();
        }
        if (plain && NO_TEXT.matcher(text).matches()) {
            problems.note(node.place(), name + " must be a text: YAML reads this as something else, put it in quotes");
            return Optional.empty();
        }
        return Optional.of(text);
    }
}
