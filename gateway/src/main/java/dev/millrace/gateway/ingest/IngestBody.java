package dev.millrace.gateway.ingest;

import dev.millrace.core.reading.BodyDecoder;
import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.BodyResult;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingSink;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.core.reading.Rejection;
import dev.millrace.gateway.publish.StreamLine;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * One body of readings on its way in. Each reading becomes the line that the stream will hold as soon as it is complete, and
 * nothing else is kept of it. A body ends in {@link #end} or {@link #abort}. Not thread-safe.
 */
public final class IngestBody {

    /** A refusal with the longest name in it. */
    private static final int REFUSAL_BYTES = 256;

    /** What a body held when it ended. */
    public record Content(BodyResult result, List<StreamLine> lines, List<ItemRefusal> refusals) {}

    private final SensorScope scope;
    private final Function<Content, Future<IngestOutcome>> taker;
    private final BodyDecoder decoder;
    private List<StreamLine> lines = new ArrayList<>(1);
    private List<ItemRefusal> refusals = List.of();
    private long lineBytes;
    private boolean ended;

    /**
     * A body that begins now; {@link Ingestor#begin} makes those of clients.
     *
     * @param taker is given what the body held when it has ended
     */
    public IngestBody(
            ReadingDecoder decoder,
            BodyFormat format,
            SensorScope scope,
            ReceiptClock clock,
            Function<Content, Future<IngestOutcome>> taker) {
        this.scope = scope;
        this.taker = taker;
        this.decoder = decoder.begin(format, clock.now(), clock::next, new Items());
    }

    /**
     * Takes the next bytes; the array is not kept.
     *
     * @return whether more is wanted: not where what becomes of the body is known already
     */
    public boolean write(byte[] from, int offset, int length) {
        if (ended) {
            return false;
        }
        boolean more = decoder.write(from, offset, length);
        if (!more) {
            drop();
        }
        return more;
    }

    /** The memory that it takes: of readings that are complete, and of the one that is not. */
    public long heldBytes() {
        return ended ? 0 : lineBytes + refusalBytes() + decoder.heldBytes();
    }

    /** What of it stays until the answer is sent: what is told of refused items. */
    public long refusalBytes() {
        return (long) refusals.size() * REFUSAL_BYTES;
    }

    /**
     * The body has ended: publishes what it held. What it held is the publisher's from now on. The future completes on the
     * caller's context, and fails only by a defect of ours.
     */
    public Future<IngestOutcome> end() {
        if (ended) {
            throw new IllegalStateException("the body has ended before");
        }
        Content content = new Content(decoder.end(), lines, refusals);
        ended = true;
        drop();
        return taker.apply(content);
    }

    /** The body will not come to its end, or is not wanted; nothing of it is published. */
    public void abort() {
        ended = true;
        drop();
    }

    private void drop() {
        lines = new ArrayList<>(0);
        refusals = List.of();
        lineBytes = 0;
    }

    private final class Items implements ReadingSink {

        @Override
        public void accept(int index, Reading reading) {
            if (scope.allows(reading.sensorId())) {
                StreamLine line = StreamLine.of(reading);
                lines.add(line);
                lineBytes += line.bytes();
            } else {
                refuse(ItemRefusal.forbidden(index));
            }
        }

        @Override
        public void reject(Rejection rejection) {
            refuse(ItemRefusal.of(rejection));
        }

        private void refuse(ItemRefusal refusal) {
            if (refusals.isEmpty()) {
                refusals = new ArrayList<>();
            }
            refusals.add(refusal);
        }
    }
}
