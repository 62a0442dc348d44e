package dev.millrace.gateway.http.encoding;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Undoes Zstandard (RFC 8878): frames one after the other, those to be skipped included. Each frame's header is read here
 * before the library sees it, because the header says how much memory the library will take.
 */
final class ZstdDecoder implements ContentDecoder {

    /** The largest window of the content coding (RFC 9659). */
    static final long MAX_WINDOW = 8L << 20;

    /** The library's context, somewhat more than it measures, and its buffer of one block. */
    private static final long CONTEXT = 256L * 1024 + 128 * 1024;

    /** What the library keeps beside the window: two blocks, and some bytes to write beyond them. */
    private static final long BESIDE_WINDOW = 2 * 128 * 1024 + 64;

    private static final int MAGIC = 0xFD2FB528;
    private static final int SKIPPABLE_MAGIC = 0x184D2A50;
    private static final int SKIPPABLE_MASK = 0xFFFFFFF0;
    private static final int MAX_HEADER = 18;

    private enum Part {
        HEADER,
        FRAME,
        SKIPPED
    }

    private final Output output;
    private final StepBuffers buffers;
    private final byte[] header = new byte[MAX_HEADER];
    private int headed;
    private long skip;
    private long memory;
    private boolean anyFrame;
    private Part part = Part.HEADER;
    private @Nullable ZstdDecompressCtx context;

    ZstdDecoder(Output output, StepBuffers buffers) {
        this.output = output;
        this.buffers = buffers;
    }

    @Override
    public Progress write(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            switch (part) {
                case SKIPPED -> {
                    int count = (int) Math.min(skip, end - at);
                    at += count;
                    skip -= count;
                    if (skip == 0) {
                        next();
                    }
                }
                case HEADER -> {
                    header[headed++] = bytes[at++];
                    Progress progress = header();
                    if (progress != Progress.MORE) {
                        return progress;
                    }
                }
                case FRAME -> {
                    ByteBuffer in = buffers.in();
                    in.put(bytes, at, Math.min(in.remaining(), end - at)).flip();
                    Progress progress = decompress(in);
                    if (progress != Progress.MORE) {
                        return progress;
                    }
                    at += in.position();
                }
            }
        }
        return Progress.MORE;
    }

    /** Looks at the header as far as it has come, and begins its frame when it is whole. */
    private Progress header() {
        if (headed < 4) {
            return Progress.MORE;
        }
        int magic = (int) littleEndian(0, 4);
        if ((magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
            if (headed == 8) {
                skip = littleEndian(4, 4);
                part = Part.SKIPPED;
                if (skip == 0) {
                    next();
                }
            }
            return Progress.MORE;
        }
        if (magic != MAGIC) {
            return Progress.CORRUPT;
        }
        return headed < 5 || headed < headerLength() ? Progress.MORE : begin();
    }

    private boolean isSingleSegment() {
        return (header[4] & 0x20) != 0;
    }

    private int dictionaryIdLength() {
        int flag = header[4] & 3;
        return flag == 3 ? 4 : flag;
    }

    private int contentSizeLength() {
        int flag = (header[4] & 0xFF) >> 6;
        return flag == 0 ? (isSingleSegment() ? 1 : 0) : 1 << flag;
    }

    private int headerLength() {
        return 5 + (isSingleSegment() ? 0 : 1) + dictionaryIdLength() + contentSizeLength();
    }

    private Progress begin() {
        int sizeLength = contentSizeLength();
        int sizeAt = headed - sizeLength;
        long contentSize = sizeLength == 0 ? Long.MAX_VALUE : littleEndian(sizeAt, sizeLength);
        if (sizeLength == 2) {
            contentSize += 256;
        }
        if (contentSize < 0) {
            // eight bytes, the highest bit set
            return Progress.TOO_LARGE;
        }
        if (littleEndian(sizeAt - dictionaryIdLength(), dictionaryIdLength()) != 0) {
            // a dictionary that is not here
            return Progress.CORRUPT;
        }
        long window = isSingleSegment() ? contentSize : window(header[5] & 0xFF);
        if (window > MAX_WINDOW) {
            return Progress.TOO_LARGE;
        }
        // frames share the context, which keeps the largest of its buffers
        memory = Math.max(memory, CONTEXT + Math.min(contentSize, window + BESIDE_WINDOW));
        if (!output.room(memory)) {
            return Progress.STOPPED;
        }
        if (context == null) {
            context = new ZstdDecompressCtx();
        }
        part = Part.FRAME;
        ByteBuffer in = buffers.in();
        in.put(header, 0, headed).flip();
        return decompress(in);
    }

    private static long window(int descriptor) {
        long base = 1L << (10 + (descriptor >> 3));
        return base + base / 8 * (descriptor & 7);
    }

    /** Decompresses until the input is used up or its frame ends. */
    private Progress decompress(ByteBuffer in) {
        ZstdDecompressCtx current = context;
        if (current == null) {
            throw new IllegalStateException("no frame has begun");
        }
        byte[] heap = buffers.heap();
        try {
            while (true) {
                ByteBuffer out = buffers.out();
                boolean ended = current.decompressDirectByteBufferStream(out, in);
                boolean full = !out.hasRemaining();
                int count = out.flip().remaining();
                out.get(heap, 0, count);
                if (count > 0 && !output.decoded(heap, 0, count)) {
                    return Progress.STOPPED;
                }
                if (ended) {
                    anyFrame = true;
                    next();
                    return Progress.MORE;
                }
                if (!full && !in.hasRemaining()) {
                    return Progress.MORE;
                }
            }
        } catch (ZstdException _) {
            return Progress.CORRUPT;
        }
    }

    private void next() {
        part = Part.HEADER;
        headed = 0;
    }

    private long littleEndian(int from, int length) {
        long value = 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << 8 | (header[from + i] & 0xFF);
        }
        return value;
    }

    @Override
    public boolean isComplete() {
        return anyFrame && part == Part.HEADER && headed == 0;
    }

    @Override
    public void close() {
        if (context != null) {
            context.close();
        }
    }
}
