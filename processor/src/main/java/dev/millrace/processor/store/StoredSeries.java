package dev.millrace.processor.store;

/** What is stored of a series that has values, for its detector to go on from. */
public sealed interface StoredSeries {

    /**
     * As its detector knew it.
     *
     * @param state not to be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Snapshot(byte[] state) implements StoredSeries {}

    /**
     * It was never written down as its detector knew it.
     *
     * @param lastAt the timestamp of its latest value, number or text, microseconds since 1970
     */
    record Rows(long lastAt) implements StoredSeries {}
}
