package dev.millrace.bench.processor;

import java.nio.ByteBuffer;
import org.postgresql.core.Oid;
import org.postgresql.util.PGBinaryObject;
import org.postgresql.util.PGobject;

/**
 * An array as PostgreSQL takes it in binary form (array_recv in utils/adt/arrayfuncs.c), encoded when it was made: to send it
 * copies bytes and no more.
 */
final class PgBinaryArray extends PGobject implements PGBinaryObject {

    private static final long serialVersionUID = 1L;

    /** Dimensions, whether there are nulls, the elements' type; length and lower bound of the one dimension. */
    private static final int HEADER_BYTES = 5 * Integer.BYTES;

    /** 2000-01-01, from which PostgreSQL counts microseconds. */
    private static final long EPOCH_MICROS = 946_684_800_000_000L;

    private final byte[] bytes;

    private PgBinaryArray(String type, byte[] bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    private static byte[] room(int length, int elementBytes) {
        return new byte[HEADER_BYTES + length * (Integer.BYTES + elementBytes)];
    }

    private static ByteBuffer header(byte[] bytes, int length, int elementType) {
        return ByteBuffer.wrap(bytes)
                .putInt(1)
                .putInt(0)
                .putInt(elementType)
                .putInt(length)
                .putInt(1);
    }

    static PgBinaryArray int4(int[] values) {
        byte[] bytes = room(values.length, Integer.BYTES);
        ByteBuffer encoded = header(bytes, values.length, Oid.INT4);
        for (int value : values) {
            encoded.putInt(Integer.BYTES).putInt(value);
        }
        return new PgBinaryArray("_int4", bytes);
    }

    static PgBinaryArray float8(double[] values) {
        byte[] bytes = room(values.length, Double.BYTES);
        ByteBuffer encoded = header(bytes, values.length, Oid.FLOAT8);
        for (double value : values) {
            encoded.putInt(Double.BYTES).putDouble(value);
        }
        return new PgBinaryArray("_float8", bytes);
    }

    /** @param micros since 1970 */
    static PgBinaryArray timestamptz(long[] micros) {
        byte[] bytes = room(micros.length, Long.BYTES);
        ByteBuffer encoded = header(bytes, micros.length, Oid.TIMESTAMPTZ);
        for (long value : micros) {
            encoded.putInt(Long.BYTES).putLong(value - EPOCH_MICROS);
        }
        return new PgBinaryArray("_timestamptz", bytes);
    }

    @Override
    public void setByteValue(byte[] value, int offset) {
        throw new UnsupportedOperationException("is not read");
    }

    @Override
    public int lengthInBytes() {
        return bytes.length;
    }

    @Override
    public void toBytes(byte[] target, int offset) {
        System.arraycopy(bytes, 0, target, offset, bytes.length);
    }
}
