package dev.millrace.processor.anomaly.rule;

/**
 * A field of a mapping of the rule file.
 *
 * @param meaning a line for the reference and for the schema
 * @param example how it may stand in a rule, with the fields that it needs
 * @param <T> what its value is read as
 */
record Field<T>(String name, Form<T> form, boolean required, String meaning, String example) {}
