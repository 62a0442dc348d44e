package dev.millrace.core.reading;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where parsers come from, and what has passed through them. The parsers of one factory share a table of all names that they
 * met, because it is what makes Jackson read UTF-8 itself rather than through a Reader that mends broken bytes. The table is
 * emptied by its count of entries, never by their size, so that a client could fill the heap with a few long names; it is
 * given up with the factory, long before that and whatever the names were. Thread-safe.
 */
final class ParserSource {

    /** The deepest nesting of a body, which is skipped without recursion; no reading needs more than 2. */
    private static final int MAX_DEPTH = 1_000;

    /** What may pass through one factory before the next takes its place. */
    private static final long MAX_BYTES = 1 << 20;

    private volatile Generation current = new Generation();

    private static final class Generation {
        private final JsonFactory factory = JsonFactory.builder()
                // names come from outside and are not worth keeping for good
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                // the size of a reading limits numbers and names, and is told with the reading's place
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNumberLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .maxNestingDepth(MAX_DEPTH)
                        .build())
                .build();
        private final AtomicLong passed = new AtomicLong();
    }

    JsonParser parse(byte[] bytes, int offset, int length) throws IOException {
        return passing(length).createParser(bytes, offset, length);
    }

    /** @param length the most bytes that will come of the stream */
    JsonParser parse(InputStream in, int length) throws IOException {
        return passing(length).createParser(in);
    }

    private JsonFactory passing(int length) {
        Generation generation = current;
        if (generation.passed.addAndGet(length) > MAX_BYTES) {
            // two threads may both do it, which costs nothing but a second factory
            current = new Generation();
        }
        return generation.factory;
    }
}
