package dev.millrace.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** A value in a YAML document and where it stands, so that a failed test names the object and the field. */
public record Yaml(String where, Object value) {

    public static List<Yaml> documents(String source, String text) {
        var documents = new ArrayList<Yaml>();
        for (Object document : new Load(LoadSettings.builder().build()).loadAllFromString(text)) {
            if (document != null) {
                documents.add(new Yaml(source, document));
            }
        }
        return documents;
    }

    public static Yaml file(Path file) throws IOException {
        return documents(file.toString(), Files.readString(file)).getFirst();
    }

    @SuppressWarnings("unchecked")
    public Map<String, Object> map() {
        if (!(value instanceof Map<?, ?>)) {
            throw new AssertionError(where + " is not a map");
        }
        return (Map<String, Object>) value;
    }

    /** The value that the names lead to. */
    public Yaml at(String... path) {
        return find(path)
                .orElseThrow(() -> new AssertionError(where + " has no " + String.join("/", path) + ": " + value));
    }

    public Optional<Yaml> find(String... path) {
        Yaml here = this;
        for (String name : path) {
            if (!here.map().containsKey(name)) {
                return Optional.empty();
            }
            here = new Yaml(here.where + "/" + name, here.map().get(name));
        }
        return Optional.of(here);
    }

    /** The value that the names lead to, where each on the way is a map that has it. */
    public Optional<Yaml> seek(String... path) {
        Yaml here = this;
        for (String name : path) {
            if (!(here.value instanceof Map<?, ?> map) || !map.containsKey(name)) {
                return Optional.empty();
            }
            here = new Yaml(here.where + "/" + name, map.get(name));
        }
        return Optional.of(here);
    }

    /** The items of a list; of a single value itself. */
    public Stream<Yaml> each() {
        return value instanceof List<?> ? items() : Stream.of(this);
    }

    /** What a map has, in its order; nothing of what is no map. */
    public Stream<Map.Entry<String, Yaml>> entries() {
        return value instanceof Map<?, ?> map
                ? map.entrySet().stream()
                        .map(entry -> Map.entry(
                                String.valueOf(entry.getKey()),
                                new Yaml(where + "/" + entry.getKey(), entry.getValue())))
                : Stream.empty();
    }

    /** This value and all that stand in it. */
    public Stream<Yaml> all() {
        Stream<Yaml> below = value instanceof List<?> ? items() : entries().map(Map.Entry::getValue);
        return Stream.concat(Stream.of(this), below.flatMap(Yaml::all));
    }

    public Stream<Yaml> items() {
        if (!(value instanceof List<?> list)) {
            throw new AssertionError(where + " is not a list");
        }
        return list.stream().map(item -> new Yaml(where + "/-", item));
    }

    /** The items of the list that the names lead to; none where there is no such list. */
    public Stream<Yaml> itemsAt(String... path) {
        return find(path).stream().flatMap(Yaml::items);
    }

    public String text() {
        return String.valueOf(value);
    }

    public String kind() {
        return at("kind").text();
    }

    public String name() {
        return at("metadata", "name").text();
    }
}
