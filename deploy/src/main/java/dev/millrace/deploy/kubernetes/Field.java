package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A field of a manifest and its value. What does not have the type that is asked for is as if it were not there: {@link ModelPolicy}
 * tells of it.
 *
 * @param path the way to it, such as {@code spec.template.spec.containers[gateway].image}; empty for the whole object
 */
record Field(Manifest manifest, String path, Object value) {

    /** The field that the names lead to. */
    Optional<Field> find(String... names) {
        Field here = this;
        for (String name : names) {
            Object next = here.value instanceof Map<?, ?> map ? map.get(name) : null;
            if (next == null) {
                return Optional.empty();
            }
            here = new Field(manifest, here.pathOf(name), next);
        }
        return Optional.of(here);
    }

    /** The text of the field that the names lead to; empty where there is none. */
    String text(String... names) {
        return find(names)
                .filter(field -> !(field.value instanceof Map<?, ?> || field.value instanceof List<?>))
                .map(field -> String.valueOf(field.value))
                .orElse("");
    }

    boolean has(String... names) {
        return find(names).isPresent();
    }

    /** The items of the list that the names lead to; none where there is no such list. */
    Stream<Field> items(String... names) {
        return find(names).stream().flatMap(Field::ownItems);
    }

    private Stream<Field> ownItems() {
        if (!(value instanceof List<?> list)) {
            return Stream.empty();
        }
        return Stream.iterate(0, index -> index < list.size(), index -> index + 1)
                .filter(index -> list.get(index) != null)
                .map(index -> new Field(manifest, path + "[" + nameOf(list.get(index), index) + "]", list.get(index)));
    }

    /** Items are known by their names where they have one, since Kustomize may put them into another order. */
    private static String nameOf(Object item, int index) {
        return item instanceof Map<?, ?> map && map.get("name") instanceof String name ? name : Integer.toString(index);
    }

    /** The texts of the list that the names lead to. */
    List<String> texts(String... names) {
        return items(names).map(item -> String.valueOf(item.value)).toList();
    }

    /** The entries of the map that the names lead to, values as text. */
    Map<String, String> labels(String... names) {
        return find(names).filter(field -> field.value instanceof Map<?, ?>).stream()
                .flatMap(field -> ((Map<?, ?>) field.value).entrySet().stream())
                .collect(Collectors.toMap(
                        entry -> String.valueOf(entry.getKey()), entry -> String.valueOf(entry.getValue())));
    }

    /** What is wrong with this field. */
    Finding wrong(String problem) {
        return manifest.finding(path, lastName(path), value, problem);
    }

    /** What is wrong with a field below this one, which need not be there. */
    Finding wrong(String name, String problem) {
        return find(name.split("\\."))
                .map(field -> field.wrong(problem))
                .orElseGet(() -> manifest.finding(pathOf(name), lastName(name), "", problem));
    }

    private String pathOf(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static String lastName(String path) {
        String last = path.substring(path.lastIndexOf('.') + 1);
        int bracket = last.indexOf('[');
        return bracket < 0 ? last : last.substring(0, bracket);
    }
}
