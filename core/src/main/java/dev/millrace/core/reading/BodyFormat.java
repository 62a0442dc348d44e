package dev.millrace.core.reading;

/** How a body holds its readings. */
public enum BodyFormat {
    /** One JSON object, or an array of objects. Where it is no JSON, the body is refused whole. */
    JSON,
    /**
     * One JSON object a line, the lines ending in a line feed, but for the last which may. Each line stands alone: what is
     * no JSON is refused with its line. Blank lines do not count.
     */
    NDJSON;

    /**
     * What a payload is taken for whose sender does not say. Two objects on lines of their own are NDJSON, also where the
     * first of them is broken, so that the others stand; all else is JSON. One object is the same in both, but for line feeds
     * within it.
     */
    public static BodyFormat of(byte[] payload, int offset, int length) {
        int end = offset + length;
        int start = skipSpace(payload, skipMark(payload, offset, end), end);
        if (start == end || payload[start] != '{') {
            return JSON;
        }
        int lineEnd = lineEnd(payload, start, end);
        int last = lineEnd - 1;
        while (isSpace(payload[last])) {
            last--;
        }
        if (payload[last] == '}') {
            return skipSpace(payload, lineEnd, end) < end ? NDJSON : JSON;
        }
        while (lineEnd + 1 < end) {
            if (payload[lineEnd + 1] == '{') {
                return NDJSON;
            }
            lineEnd = lineEnd(payload, lineEnd + 1, end);
        }
        return JSON;
    }

    /** The decoders pass over a mark at the start too. */
    private static int skipMark(byte[] bytes, int from, int to) {
        boolean marked = to - from >= 3
                && bytes[from] == (byte) 0xEF
                && bytes[from + 1] == (byte) 0xBB
                && bytes[from + 2] == (byte) 0xBF;
        return marked ? from + 3 : from;
    }

    private static int skipSpace(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && isSpace(bytes[at])) {
            at++;
        }
        return at;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private static int lineEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != '\n') {
            at++;
        }
        return at;
    }
}
