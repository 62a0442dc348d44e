package dev.millrace.gateway.http.encoding;

/**
 * Undoes the coding of one body as it arrives. It may hold native memory: whatever happens, it must be closed. Confined to one
 * event loop.
 */
public interface ContentDecoder extends AutoCloseable {

    /** Where the decoded bytes go. */
    interface Output {

        /**
         * Asks for memory before the decoder takes it.
         *
         * @param bytes all that the decoder will hold from now on
         * @return whether there is room; else decoding stops
         */
        boolean room(long bytes);

        /**
         * Takes decoded bytes, some 64 KiB at most; the array is not the taker's to keep.
         *
         * @return whether more is wanted; else decoding stops
         */
        boolean decoded(byte[] bytes, int offset, int length);
    }

    /** How decoding goes on. */
    enum Progress {
        /** The bytes have been taken. */
        MORE,
        /** The output wants no more, or had no room. */
        STOPPED,
        /** The bytes are not in this coding. */
        CORRUPT,
        /** Decoding needs more memory than any body may take. */
        TOO_LARGE
    }

    /** Decodes the next bytes; the array is not kept. After any answer but {@code MORE} it must not be called again. */
    Progress write(byte[] bytes, int offset, int length);

    /** Whether the body may end here. */
    boolean isComplete();

    /** Gives its memory back; more than once is allowed. */
    @Override
    void close();
}
