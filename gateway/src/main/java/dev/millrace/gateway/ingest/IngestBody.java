package dev.millrace.gateway.ingest;

import dev.millrace.core.reading.BodyDecoder;
import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.BodyResult;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingSink;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.core.reading.Rejection;
import dev.millrace.gateway.publish.Chain;
import dev.millrace.gateway.publish.StreamLine;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One body of readings on its way in. Each reading becomes the line that the stream will hold as soon as it is complete, and
 * nothing else is kept of it. A body ends in {@link #end}, a {@link #tryEnd} that has an answer, or {@link #abort}. Not
 * thread-safe.
 */
public final class IngestBody {

    /** A refusal with the longest name in it. */
    private static final int REFUSAL_BYTES = 256;

    /** What a body held when it ended. */
    public record Content(BodyResult result, List<StreamLine> lines, List<ItemRefusal> refusals) {}

    /** Takes what bodies held when they have ended. */
    public interface Taker {

        /** What {@link #end} answers. */
        Future<IngestOutcome> take(Content content);

        /** What {@link #tryEnd} answers; where that is empty, the content is the body's as before. */
        Optional<Future<IngestOutcome>> tryTake(Content content, Duration timeout, Chain chain);
    }

    private final SensorScope scope;
    private final Taker taker;
    private final BodyDecoder decoder;
    private List<StreamLine> lines = new ArrayList<>(1);
    private List<ItemRefusal> refusals = List.of();
    private long lineBytes;
    private int items;
    private long bytes;
    /** What came of decoding it; null until all of it has been. */
    private @Nullable BodyResult result;

    private boolean ended;

    /**
     * A body that begins now; {@link Ingestor#begin} makes those of clients.
     *
     * @param taker is given what the body held when it has ended
     * @throws IllegalArgumentException if the source's sensor is none that a reading may have
     */
    public IngestBody(ReadingDecoder decoder, BodyFormat format, BodySource source, ReceiptClock clock, Taker taker) {
        this.scope = source.scope();
        this.taker = taker;
        LongSupplier receiptTime =
                source.receivedAt().isPresent() ? rising(source.receivedAt().getAsLong()) : clock::next;
        this.decoder = decoder.begin(format, clock.now(), receiptTime, source.sensorId(), new Items());
    }

    private static LongSupplier rising(long from) {
        long[] next = {from};
        return () -> next[0]++;
    }

    /**
     * Takes the next bytes; the array is not kept.
     *
     * @return whether more is wanted: not where what becomes of the body is known already
     */
    public boolean write(byte[] from, int offset, int length) {
        if (ended || result != null) {
            return false;
        }
        bytes += length;
        boolean more = decoder.write(from, offset, length);
        if (!more) {
            drop();
        }
        return more;
    }

    /** How many items of it have been decoded, readings and what is none; all of them once it has ended. */
    public int items() {
        return items;
    }

    /** Like {@link #items}, of a body of which all has been written. */
    public int countItems() {
        decode();
        return items;
    }

    /** How many bytes of it have been decoded. */
    public long bytes() {
        return bytes;
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
        Content content = content();
        ended = true;
        drop();
        return taker.take(content);
    }

    /**
     * Like {@link #end}, but the publisher takes all that the body held or nothing: where it has no room for it now, or is not
     * there yet, nothing has happened, the body holds what it held, and this may be called again.
     *
     * @param timeout how long its readings are tried from now on
     * @param chain what the sender's bodies are ordered by
     * @return what {@link #end} answers, where the body has ended
     */
    public Optional<Future<IngestOutcome>> tryEnd(Duration timeout, Chain chain) {
        Optional<Future<IngestOutcome>> outcome = taker.tryTake(content(), timeout, chain);
        if (outcome.isPresent()) {
            ended = true;
            drop();
        }
        return outcome;
    }

    private Content content() {
        if (ended) {
            throw new IllegalStateException("the body has ended before");
        }
        return new Content(decode(), lines, refusals);
    }

    private BodyResult decode() {
        BodyResult decoded = result;
        if (decoded == null) {
            decoded = decoder.end();
            result = decoded;
        }
        return decoded;
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
            items++;
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
            items++;
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
