package dev.millrace.core.reading;

/** How a body holds its readings. */
public enum BodyFormat {
    /** One JSON object, or an array of objects. Where it is no JSON, the body is refused whole. */
    JSON,
    /**
     * One JSON object a line, the lines ending in a line feed, but for the last which may. Each line stands alone: what is
     * no JSON is refused with its line. Blank lines do not count.
     */
    NDJSON
}
