package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An object as Kustomize makes it, and the files that had a part in it.
 *
 * @param sources in the order in which Kustomize used them; the first is where the object comes from
 */
record Manifest(Yaml yaml, List<Source> sources) {

    private static final Pattern HASH = Pattern.compile("-[a-z0-9]{10}$");

    /**
     * A file of {@code k8s/}.
     *
     * @param name from the root of the tree
     */
    record Source(String name, String text) {

        boolean mentions(String word) {
            return Pattern.compile("(?<![\\w-])" + Pattern.quote(word) + "(?![\\w-])")
                    .matcher(text)
                    .find();
        }
    }

    Field root() {
        return new Field(this, "", yaml.value());
    }

    String kind() {
        return root().text("kind");
    }

    String apiVersion() {
        return root().text("apiVersion");
    }

    /** As the cluster knows it. */
    String name() {
        return root().text("metadata", "name");
    }

    /** Without the digest of its content that Kustomize appends to what it generates. */
    String plainName() {
        boolean generated = kind().equals("ConfigMap") || kind().equals("Secret");
        return generated ? HASH.matcher(name()).replaceFirst("") : name();
    }

    boolean is(String kind) {
        return kind().equals(kind);
    }

    boolean is(String kind, String name) {
        return is(kind) && name().equals(name);
    }

    /**
     * What is wrong with one of its fields. The file is the last that mentions the field with that value, since a patch says what it
     * changes; else the first that mentions the field; else where the object comes from.
     *
     * @param word the field's own name
     */
    Finding finding(String path, String word, Object value, String problem) {
        String text = value instanceof String || value instanceof Number || value instanceof Boolean
                ? String.valueOf(value)
                : "";
        List<Source> mentioning = word.isEmpty()
                ? List.of()
                : sources.stream().filter(source -> source.mentions(word)).toList();
        Source file = mentioning.stream()
                .filter(source -> !text.isEmpty() && source.mentions(text))
                .reduce((_, last) -> last)
                .or(() -> mentioning.stream().findFirst())
                .orElse(sources.getFirst());
        String object = kind() + " " + plainName();
        return new Finding(file.name(), path.isEmpty() ? object : object + ": " + path, problem);
    }
}
