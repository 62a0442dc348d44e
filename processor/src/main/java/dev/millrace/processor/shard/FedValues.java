package dev.millrace.processor.shard;

import dev.millrace.core.reading.Measurement;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Values of one series in the order in which they were fed, as bytes: 25 of a number. Grows; not thread-safe. */
final class FedValues {

    private static final byte NUMBER = 0;
    private static final byte TEXT = 1;
    private static final int HEAD = Long.BYTES + Long.BYTES + 1;
    private static final int FIRST_CAPACITY = HEAD + Double.BYTES;

    private byte[] bytes = new byte[FIRST_CAPACITY];
    private int length;

    /** Takes a value. */
    interface Consumer {

        /**
         * Takes the next one.
         *
         * @param at its timestamp, microseconds since 1970
         * @param arrivedAt when it arrived, microseconds since 1970
         */
        void accept(long at, long arrivedAt, Measurement measurement);
    }

    void add(long at, long arrivedAt, Measurement measurement) {
        switch (measurement) {
            case Measurement.Numeric(String _, double value) ->
                head(at, arrivedAt, NUMBER, Double.BYTES).putDouble(value);
            case Measurement.State(String _, String value) -> {
                byte[] text = value.getBytes(StandardCharsets.UTF_8);
                head(at, arrivedAt, TEXT, Integer.BYTES + text.length)
                        .putInt(text.length)
                        .put(text);
            }
        }
    }

    private ByteBuffer head(long at, long arrivedAt, byte kind, int more) {
        int end = length + HEAD + more;
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
        }
        ByteBuffer to = ByteBuffer.wrap(bytes, length, HEAD + more)
                .putLong(at)
                .putLong(arrivedAt)
                .put(kind);
        length = end;
        return to;
    }

    int length() {
        return length;
    }

    void writeTo(ByteBuffer buffer) {
        buffer.put(bytes, 0, length);
    }

    /**
     * Reads what {@link #writeTo} wrote.
     *
     * @param metric the name that the values have
     */
    static void read(ByteBuffer from, String metric, Consumer to) {
        while (from.hasRemaining()) {
            long at = from.getLong();
            long arrivedAt = from.getLong();
            byte kind = from.get();
            to.accept(at, arrivedAt, kind == NUMBER ? number(from, metric) : text(from, metric));
        }
    }

    private static Measurement number(ByteBuffer from, String metric) {
        return new Measurement.Numeric(metric, from.getDouble());
    }

    private static Measurement text(ByteBuffer from, String metric) {
        byte[] text = new byte[from.getInt()];
        from.get(text);
        return new Measurement.State(metric, new String(text, StandardCharsets.UTF_8));
    }
}
