package dev.millrace.core.reading;

/** Counts lines and columns: a line ends with a line feed, a carriage return, or both together. */
final class Place {

    private int line = 1;
    private int column = 1;
    private boolean afterReturn;

    int line() {
        return line;
    }

    /** In bytes, from 1. */
    int column() {
        return column;
    }

    /** Moves past the bytes of {@code bytes} from {@code from} to {@code to}. */
    void advance(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (b == '\r' || (b == '\n' && !afterReturn)) {
                line++;
                column = 1;
            } else if (b != '\n') {
                column++;
            }
            afterReturn = b == '\r';
        }
    }
}
