package dev.millrace.gateway.http.encoding;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The buffers of one decoding step, which ends before the next body's begins; confined to one event loop. */
final class StepBuffers {

    private static final int SIZE = 64 * 1024;

    private byte @Nullable [] heap;
    private @Nullable ByteBuffer in;
    private @Nullable ByteBuffer out;

    byte[] heap() {
        byte[] buffer = heap;
        if (buffer == null) {
            buffer = new byte[SIZE];
            heap = buffer;
        }
        return buffer;
    }

    ByteBuffer in() {
        ByteBuffer buffer = in;
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(SIZE);
            in = buffer;
        }
        return buffer.clear();
    }

    ByteBuffer out() {
        ByteBuffer buffer = out;
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(SIZE);
            out = buffer;
        }
        return buffer.clear();
    }
}
