package dev.millrace.processor.yaml;

import java.util.List;

/** A value of a YAML file and where it begins: what of YAML our files may use. No anchors, no aliases, no tags, no merge keys. */
public sealed interface Yaml {

    Place place();

    /** Line and column, from 1. */
    record Place(int line, int column) {}

    /** A single value; {@code plain}: written without quotes, so that its characters decide its type. */
    record Scalar(Place place, String text, boolean plain) implements Yaml {}

    record Sequence(Place place, List<Yaml> items) implements Yaml {}

    /** The entries in the order of the file; keys may occur twice, which the reader of the mapping tells. */
    record Mapping(Place place, List<Entry> entries) implements Yaml {}

    record Entry(Scalar key, Yaml value) {}
}
