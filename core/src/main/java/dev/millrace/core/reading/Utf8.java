package dev.millrace.core.reading;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks UTF-8 (RFC 3629) over pieces: no overlong form, no surrogate, nothing above U+10FFFF. The tokenizer takes such
 * bytes for characters, so they are looked for before.
 */
final class Utf8 {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    /** How many bytes the character begun still needs, and between which bounds the next of them must lie. */
    private int needed;

    private int low;
    private int high;

    /** Whether the bytes are UTF-8 on their own. */
    static boolean isValid(byte[] bytes, int from, int to) {
        int ascii = asciiEnd(bytes, from, to);
        if (ascii == to) {
            return true;
        }
        Utf8 utf8 = new Utf8();
        return utf8.accept(bytes, ascii, to) == to && utf8.isComplete();
    }

    /** Where the bytes from {@code from} to {@code to} stop being ASCII. */
    static int asciiEnd(byte[] bytes, int from, int to) {
        int i = from;
        while (i <= to - Long.BYTES && ((long) LONGS.get(bytes, i) & HIGH_BITS) == 0) {
            i += Long.BYTES;
        }
        while (i < to && bytes[i] >= 0) {
            i++;
        }
        return i;
    }

    /** The index of the first byte that cannot follow those before it, or {@code to}. */
    int accept(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            if (needed == 0) {
                i = asciiEnd(bytes, i, to);
                if (i == to || !begin(bytes[i] & 0xFF)) {
                    return i;
                }
            } else {
                int b = bytes[i] & 0xFF;
                if (b < low || b > high) {
                    return i;
                }
                needed--;
                low = 0x80;
                high = 0xBF;
            }
            i++;
        }
        return to;
    }

    /** Whether no character has begun without having ended. */
    boolean isComplete() {
        return needed == 0;
    }

    /** Begins a character of several bytes, as table 3-7 of the Unicode standard has them. */
    private boolean begin(int b) {
        low = 0x80;
        high = 0xBF;
        if (b >= 0xC2 && b <= 0xDF) {
            needed = 1;
        } else if (b >= 0xE0 && b <= 0xEF) {
            needed = 2;
            if (b == 0xE0) {
                low = 0xA0;
            } else if (b == 0xED) {
                high = 0x9F;
            }
        } else if (b >= 0xF0 && b <= 0xF4) {
            needed = 3;
            if (b == 0xF0) {
                low = 0x90;
            } else if (b == 0xF4) {
                high = 0x8F;
            }
        } else {
            return false;
        }
        return true;
    }
}
