package dev.millrace.processor.yaml;

import dev.millrace.processor.yaml.Yaml.Place;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The fields of one mapping of the file. */
public final class Values {

    private final Place place;
    private final Map<String, Yaml> nodes = new LinkedHashMap<>();
    private final Problems problems;

    private Values(Place place, Problems problems) {
        this.place = place;
        this.problems = problems;
    }

    /** The fields of a file of at most so many characters; what is wrong with it is noted. */
    public static Optional<Values> ofFile(String text, int maxCharacters, List<Field<?>> known, Problems problems) {
        try {
            return of(YamlReader.read(text, maxCharacters), "the file", known, problems);
        } catch (YamlReader.Unreadable e) {
            Problem problem = e.problem();
            problems.note(new Place(problem.line(), problem.column()), problem.reason());
            return Optional.empty();
        }
    }

    /** The fields of a mapping; notes those that are unknown, double or missing. Nothing where there is no mapping. */
    public static Optional<Values> of(Yaml node, String what, List<Field<?>> known, Problems problems) {
        if (!(node instanceof Yaml.Mapping mapping)) {
            problems.note(node.place(), what + " must be a mapping");
            return Optional.empty();
        }
        Values values = new Values(node.place(), problems);
        for (Yaml.Entry entry : mapping.entries()) {
            String key = entry.key().text();
            if (known.stream().noneMatch(field -> field.name().equals(key))) {
                String names = known.stream().map(Field::name).collect(Collectors.joining(", "));
                problems.note(entry.key().place(), "unknown field; known are " + names);
            } else if (values.nodes.putIfAbsent(key, entry.value()) != null) {
                problems.note(entry.key().place(), key + " occurs twice");
            }
        }
        for (Field<?> field : known) {
            if (field.required() && !values.has(field)) {
                problems.note(node.place(), field.name() + " is missing");
            }
        }
        return Optional.of(values);
    }

    public boolean has(Field<?> field) {
        return nodes.containsKey(field.name());
    }

    /** Reads a field; to be asked once, for what is wrong with it is noted each time. */
    public <T> Optional<T> read(Field<T> field) {
        Yaml node = nodes.get(field.name());
        return node == null ? Optional.empty() : field.form().read(node, field.name(), problems);
    }

    /** Notes a problem of a field that is there. */
    public void note(Field<?> field, String reason) {
        @Nullable Yaml node = nodes.get(field.name());
        problems.note(node == null ? place : node.place(), reason);
    }

    /** Notes a problem of the whole mapping. */
    public void note(String reason) {
        problems.note(place, reason);
    }
}
