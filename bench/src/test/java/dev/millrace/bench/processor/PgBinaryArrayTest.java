package dev.millrace.bench.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The bytes are those of {@code SELECT encode(array_send(ARRAY[…]), 'hex')}. */
class PgBinaryArrayTest {

    private static final String ONE_DIMENSION_NO_NULLS = "0000000100000000";

    @Test
    void integers() {
        assertEquals(
                ONE_DIMENSION_NO_NULLS + "00000017" + "0000000200000001" + "0000000400000001" + "00000004ffffffff",
                hex(PgBinaryArray.int4(new int[] {1, -1})));
    }

    @Test
    void doubles() {
        assertEquals(
                ONE_DIMENSION_NO_NULLS + "000002bd" + "0000000100000001" + "000000083ff8000000000000",
                hex(PgBinaryArray.float8(new double[] {1.5})));
    }

    /** 2000-01-01T00:00:00.000001Z. */
    @Test
    void timesCountFromTheYear2000() {
        assertEquals(
                ONE_DIMENSION_NO_NULLS + "000004a0" + "0000000100000001" + "000000080000000000000001",
                hex(PgBinaryArray.timestamptz(new long[] {946_684_800_000_001L})));
    }

    private static String hex(PgBinaryArray array) {
        byte[] bytes = new byte[array.lengthInBytes()];
        array.toBytes(bytes, 0);
        return HexFormat.of().formatHex(bytes);
    }
}
