package dev.millrace.core.reading;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Bodies decoded piece by piece, and all that came of them. */
final class Bodies {

    /** 2025-12-04T12:00:00Z. */
    static final long NOW = 1_764_849_600_000_000L;

    /** What a body came to: each item as text, and the result. */
    record Outcome(BodyResult result, List<String> items) {}

    private Bodies() {}

    static Outcome decode(ReadingDecoder decoder, BodyFormat format, byte[] body, IntUnaryOperator pieces) {
        List<String> items = new ArrayList<>();
        BodyDecoder stream = begin(decoder, format, items);
        feed(stream, body, pieces);
        return outcome(stream.end(), items);
    }

    static BodyDecoder begin(ReadingDecoder decoder, BodyFormat format, List<String> items) {
        long[] receipts = {0};
        return decoder.begin(format, NOW, () -> ++receipts[0], new ReadingSink() {
            @Override
            public void accept(int index, Reading reading) {
                items.add(index + " " + reading);
            }

            @Override
            public void reject(Rejection rejection) {
                items.add(rejection.toString());
            }
        });
    }

    /** Feeds the body in pieces whose sizes the function tells of their number; each comes from an array of its own. */
    static void feed(BodyDecoder stream, byte[] body, IntUnaryOperator pieces) {
        int at = 0;
        for (int i = 0; at < body.length; i++) {
            int length = Math.min(Math.max(1, pieces.applyAsInt(i)), body.length - at);
            byte[] piece = new byte[length + 2];
            System.arraycopy(body, at, piece, 1, length);
            stream.write(piece, 1, length);
            java.util.Arrays.fill(piece, (byte) '#');
            at += length;
        }
    }

    /** What a body that failed had in it does not count, and how much of it was seen may differ. */
    static Outcome outcome(BodyResult result, List<String> items) {
        return new Outcome(result, result instanceof BodyResult.Complete ? List.copyOf(items) : List.of());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
