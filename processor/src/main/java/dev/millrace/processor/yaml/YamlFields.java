package dev.millrace.processor.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A YAML 1.2 document whose reader asks for known fields; what is wrong is noted with its place, and all of it told. */
public final class YamlFields {

    private static final int MAX_PROBLEMS = 20;
    private static final int MAX_DEPTH = 8;

    private final List<Problem> problems = new ArrayList<>();

    /** What is wrong at a place of the file; line and column count from 1. */
    public record Problem(int line, int column, String reason) {
        @Override
        public String toString() {
            return "line " + line + ", column " + column + ": " + reason;
        }
    }

    /** The document's root; empty where there is none, which is noted. */
    public Optional<Node> root(String text, int maxCharacters) {
        if (text.length() > maxCharacters) {
            problems.add(new Problem(1, 1, "the file must have at most " + maxCharacters + " characters"));
            return Optional.empty();
        }
        LoadSettings settings = LoadSettings.builder()
                .setUseMarks(true)
                .setCodePointLimit(maxCharacters)
                .build();
        try {
            if (isNestedTooDeeply(settings, text)) {
                problems.add(new Problem(1, 1, "the file is nested too deeply"));
                return Optional.empty();
            }
            Optional<Node> root = new Compose(settings).composeString(text);
            if (root.isEmpty()) {
                problems.add(new Problem(1, 1, "the file is empty"));
            }
            return root;
        } catch (MarkedYamlEngineException e) {
            // the whole message would quote lines of the file, which may hold a secret
            String reason = Objects.requireNonNullElse(e.getProblem(), "not valid YAML");
            problems.add(problem(e.getProblemMark().or(e::getContextMark), reason));
        } catch (YamlEngineException _) {
            problems.add(new Problem(1, 1, "not valid YAML"));
        }
        return Optional.empty();
    }

    /** Looked at event by event: whoever builds the tree follows nesting with the stack. */
    private static boolean isNestedTooDeeply(LoadSettings settings, String text) {
        int depth = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
                return true;
            }
            if (event instanceof CollectionEndEvent) {
                depth--;
            }
        }
        return false;
    }

    /** The fields of a mapping, by name; unknown and double ones are noted. */
    public Map<String, Node> fields(Node node, String what, Set<String> known) {
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

    /** The items of a list that must be there. */
    public List<Node> items(Node parent, Map<String, Node> fields, String name) {
        return switch (required(parent, fields, name)) {
            case null -> List.of();
            case SequenceNode sequence -> sequence.getValue();
            case Node other -> {
                note(other, name + " must be a list");
                yield List.of();
            }
        };
    }

    /** A single value that must be there. */
    public Optional<String> text(Node parent, Map<String, Node> fields, String name) {
        Node node = required(parent, fields, name);
        return node == null ? Optional.empty() : scalar(node, name);
    }

    /** A single value that may be there. */
    public Optional<String> optionalText(Map<String, Node> fields, String name) {
        Node node = fields.get(name);
        return node == null ? Optional.empty() : scalar(node, name);
    }

    private @Nullable Node required(Node parent, Map<String, Node> fields, String name) {
        Node node = fields.get(name);
        if (node == null && parent instanceof MappingNode) {
            note(parent, name + " is missing");
        }
        return node;
    }

    private Optional<String> scalar(Node node, String name) {
        if (node instanceof ScalarNode scalar) {
            return Optional.of(scalar.getValue());
        }
        note(node, name + " must be a single value");
        return Optional.empty();
    }

    /** Notes a problem; a file of nothing but problems tells the first of them. */
    public void note(@Nullable Node node, String reason) {
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

    /** What was noted, in the order in which it was found. */
    public List<Problem> problems() {
        return List.copyOf(problems);
    }
}
