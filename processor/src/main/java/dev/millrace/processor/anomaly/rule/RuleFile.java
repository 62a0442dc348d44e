package dev.millrace.processor.anomaly.rule;

import dev.millrace.core.reading.Names;
import dev.millrace.processor.anomaly.Severity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads a rule file, YAML 1.2:
 *
 * <pre>
 * version: 1
 * rules:
 *   - name: temperature-high      # unique, [a-z0-9-]{1,64}
 *     metric: temperature         # the exact name of a measurement
 *     above: 90                   # above, below or both
 *     severity: warning           # info, warning or critical
 * </pre>
 *
 * A file with a problem is refused whole, and each problem has its place.
 */
public final class RuleFile {

    /** The most characters of a file. */
    static final int MAX_CHARACTERS = 1 << 20;

    private static final int MAX_PROBLEMS = 20;
    private static final Pattern RULE_NAME = Pattern.compile("[a-z0-9-]{1,64}");
    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");
    private static final Pattern VERSION = Pattern.compile("[1-9]\\d{0,8}");

    private final List<Problem> problems = new ArrayList<>();

    private RuleFile() {}

    /** What became of a file. */
    public sealed interface Parsed {}

    /** A file without a problem. */
    public record Valid(RuleSet rules) implements Parsed {}

    /**
     * A file that is refused.
     *
     * @param problems at least one, in the order of the file
     */
    public record Refused(List<Problem> problems) implements Parsed {}

    /** What is wrong at a place of the file; line and column count from 1. */
    public record Problem(int line, int column, String reason) {
        @Override
        public String toString() {
            return "line " + line + ", column " + column + ": " + reason;
        }
    }

    /** The text of the rules that are shipped. */
    public static String shippedText() {
        try (InputStream in = Objects.requireNonNull(RuleFile.class.getResourceAsStream("rules.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The rules that are shipped. */
    public static RuleSet shipped() {
        return switch (parse(shippedText())) {
            case Valid(RuleSet rules) -> rules;
            case Refused(List<Problem> problems) ->
                throw new IllegalStateException("the shipped rules are wrong: " + problems);
        };
    }

    /** Reads the text of a file. */
    public static Parsed parse(String text) {
        if (text.length() > MAX_CHARACTERS) {
            return refused(new Problem(1, 1, "the file must have at most " + MAX_CHARACTERS + " characters"));
        }
        LoadSettings settings = LoadSettings.builder()
                .setUseMarks(true)
                .setCodePointLimit(MAX_CHARACTERS)
                .build();
        Optional<Node> root;
        try {
            root = new Compose(settings).composeString(text);
        } catch (MarkedYamlEngineException e) {
            String reason = Objects.requireNonNullElse(e.getProblem(), "not valid YAML");
            return refused(problem(e.getProblemMark().or(e::getContextMark), reason));
        } catch (YamlEngineException _) {
            return refused(new Problem(1, 1, "not valid YAML"));
        }
        if (root.isEmpty()) {
            return refused(new Problem(1, 1, "the file is empty"));
        }
        RuleFile file = new RuleFile();
        RuleSet rules = file.document(root.get());
        return file.problems.isEmpty() ? new Valid(rules) : new Refused(List.copyOf(file.problems));
    }

    private static Refused refused(Problem problem) {
        return new Refused(List.of(problem));
    }

    private RuleSet document(Node root) {
        Map<String, Node> fields = fields(root, "the file", Set.of("version", "rules"));
        int version = 0;
        Node versionNode = required(root, fields, "version");
        if (versionNode != null) {
            String text = scalar(versionNode, "version");
            if (text != null && VERSION.matcher(text).matches()) {
                version = Integer.parseInt(text);
            } else if (text != null) {
                note(versionNode, "version must be a whole number from 1");
            }
        }
        List<Rule> rules = new ArrayList<>();
        Node list = required(root, fields, "rules");
        if (list instanceof SequenceNode sequence) {
            Set<String> names = new HashSet<>();
            for (Node node : sequence.getValue()) {
                rule(node, names).ifPresent(rules::add);
            }
        } else if (list != null) {
            note(list, "rules must be a list");
        }
        return new RuleSet(version, rules);
    }

    private Optional<Rule> rule(Node node, Set<String> names) {
        int before = problems.size();
        Map<String, Node> fields =
                fields(node, "a rule", Set.of("name", "metric", "above", "below", "silentFor", "severity", "message"));
        if (!(node instanceof MappingNode)) {
            return Optional.empty();
        }
        String name = text(node, fields, "name");
        if (name != null && !RULE_NAME.matcher(name).matches()) {
            note(fields.get("name"), "name must have 1 to 64 characters of a-z 0-9 -");
        } else if (name != null && !names.add(name)) {
            note(fields.get("name"), "another rule has this name");
        }
        String metric = text(node, fields, "metric");
        if (metric != null && !Names.isMeasurement(metric)) {
            note(fields.get("metric"), "metric must match [A-Za-z_][A-Za-z0-9_.-]{0,63}");
        }
        String severityText = text(node, fields, "severity");
        Optional<Severity> severity = Optional.ofNullable(severityText).flatMap(Severity::parse);
        if (severityText != null && severity.isEmpty()) {
            note(fields.get("severity"), "severity must be info, warning or critical");
        }
        OptionalDouble above = number(fields, "above");
        OptionalDouble below = number(fields, "below");
        Node silence = fields.get("silentFor");
        OptionalLong silentFor = OptionalLong.empty();
        if (silence instanceof ScalarNode scalar && scalar.getValue().matches("[1-9][0-9]{0,6}s")) {
            String text = scalar.getValue();
            silentFor = OptionalLong.of(Long.parseLong(text.substring(0, text.length() - 1)) * 1_000_000);
        } else if (silence != null) {
            note(silence, "silentFor must be a number of seconds such as 30s");
        }
        String message = fields.containsKey("message") ? text(node, fields, "message") : "";
        if (!fields.containsKey("above") && !fields.containsKey("below") && !fields.containsKey("silentFor")) {
            note(node, "a rule must have above, below or silentFor");
        }
        if (problems.size() > before || name == null || metric == null || severity.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Rule(
                name, metric, above, below, silentFor, severity.get(), Objects.requireNonNullElse(message, "")));
    }

    /** The fields of a mapping, by name; unknown and double ones are noted. */
    private Map<String, Node> fields(Node node, String what, Set<String> known) {
        Map<String, Node> fields = new LinkedHashMap<>();
        if (!(node instanceof MappingNode mapping)) {
            note(node, what + " must be a mapping");
            return fields;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            Node key = tuple.getKeyNode();
            if (!(key instanceof ScalarNode scalar) || !known.contains(scalar.getValue())) {
                note(
                        key,
                        "unknown field; known are "
                                + String.join(", ", known.stream().sorted().toList()));
            } else if (fields.putIfAbsent(scalar.getValue(), tuple.getValueNode()) != null) {
                note(key, scalar.getValue() + " occurs twice");
            }
        }
        return fields;
    }

    private @Nullable Node required(Node parent, Map<String, Node> fields, String name) {
        Node node = fields.get(name);
        if (node == null && parent instanceof MappingNode) {
            note(parent, name + " is missing");
        }
        return node;
    }

    private @Nullable String text(Node parent, Map<String, Node> fields, String name) {
        Node node = required(parent, fields, name);
        return node == null ? null : scalar(node, name);
    }

    private @Nullable String scalar(Node node, String name) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        note(node, name + " must be a single value");
        return null;
    }

    private OptionalDouble number(Map<String, Node> fields, String name) {
        Node node = fields.get(name);
        if (node == null) {
            return OptionalDouble.empty();
        }
        if (node instanceof ScalarNode scalar
                && scalar.isPlain()
                && NUMBER.matcher(scalar.getValue()).matches()) {
            double value = Double.parseDouble(scalar.getValue());
            if (Double.isFinite(value)) {
                return OptionalDouble.of(value);
            }
        }
        note(node, name + " must be a finite number");
        return OptionalDouble.empty();
    }

    /** Notes a problem; a file of nothing but problems tells the first of them. */
    private void note(@Nullable Node node, String reason) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(problem(Optional.ofNullable(node).flatMap(Node::getStartMark), reason));
        }
    }

    private static Problem problem(Optional<Mark> mark, String reason) {
        return new Problem(
                mark.map(m -> m.getLine() + 1).orElse(1),
                mark.map(m -> m.getColumn() + 1).orElse(1),
                reason);
    }
}
