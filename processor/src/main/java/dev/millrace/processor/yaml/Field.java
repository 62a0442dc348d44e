package dev.millrace.processor.yaml;

/**
 * A field of a mapping of a file.
 *
 * @param meaning a line for the reference and for the schema
 * @param example how it may stand in the file, with the fields that it needs
 * @param <T> what its value is read as
 */
public record Field<T>(String name, Form<T> form, boolean required, String meaning, String example) {}
