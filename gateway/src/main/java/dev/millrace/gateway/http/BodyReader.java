package dev.millrace.gateway.http;

import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.http.encoding.ContentDecoder;
import dev.millrace.gateway.http.encoding.ContentDecoders;
import dev.millrace.gateway.http.encoding.ContentEncoding;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.limit.BodyBudget;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies as they arrive, piece by piece through their content coding into an {@link IngestBody}, within bounds:
 * one body's bytes as sent and decoded, and the memory that all bodies being read hold (G4). Confined to one event loop, whose
 * bodies share its buffers.
 */
final class BodyReader {

    /** The bytes that are taken from the network's buffer at a time. */
    private static final int PIECE = 16 * 1024;

    /** What came of reading a body. */
    sealed interface Body {

        /**
         * It has been read, or as much of it as says what becomes of it.
         *
         * @param refusals the memory of what is told of refused items: the answerer's to give back
         */
        record Complete(BodyBudget.Share refusals) implements Body {}

        /** It has more than {@code limit} bytes, as sent or decoded. */
        record TooLarge(int limit) implements Body {}

        /** Decoding it would take more memory than a body may. */
        record WindowTooLarge() implements Body {}

        /** It is not in its content coding, or ends too early. */
        record Corrupt(ContentEncoding encoding) implements Body {}

        /** There was no room for it. */
        record NoRoom() implements Body {}

        /** A defect of ours came to light. */
        record Failed(Throwable cause) implements Body {}
    }

    private final int limit;
    private final BodyBudget budget;
    private final ContentDecoders decoders;
    private final GatewayMetrics metrics;
    private final byte[] piece = new byte[PIECE];

    /** A reader of bodies with at most {@code limit} bytes each. */
    BodyReader(int limit, BodyBudget budget, ContentDecoders decoders, GatewayMetrics metrics) {
        this.metrics = metrics;
        this.limit = limit;
        this.budget = budget;
        this.decoders = decoders;
    }

    /**
     * Reads the body to its end, or until it is known what becomes of it; whoever answers then throws the rest away. What it
     * holds is given back when the future has completed. The future fails only when the connection breaks; the sink is aborted
     * then, and where it was not read whole.
     *
     * @param request not yet resumed after having been paused, or fresh
     */
    Future<Body> read(HttpServerRequest request, ContentEncoding encoding, IngestBody sink) {
        String declared = request.getHeader("content-length");
        if (declared != null && exceeds(declared)) {
            sink.abort();
            return Future.succeededFuture(new Body.TooLarge(limit));
        }
        if (Answers.asksBeforeTheBody(request)) {
            request.response().writeContinue();
        }
        Reading reading = new Reading(encoding, sink);
        request.handler(reading::chunk);
        request.endHandler(_ -> reading.end());
        request.exceptionHandler(reading::fail);
        return reading.promise.future();
    }

    private boolean exceeds(String contentLength) {
        // Vert.x has checked that it is a number
        return contentLength.length() > 10 || Long.parseLong(contentLength) > limit;
    }

    /** One body being read. */
    private final class Reading implements ContentDecoder.Output {
        private final ContentEncoding encoding;
        private final IngestBody sink;
        private final ContentDecoder decoder;
        private final BodyBudget.Share share = budget.new Share();
        private final Promise<Body> promise = Promise.promise();
        private long read;
        private long decoded;
        private long codecBytes;
        private boolean settled;
        /** What is known before the body's end. */
        private @Nullable Body outcome;

        Reading(ContentEncoding encoding, IngestBody sink) {
            this.encoding = encoding;
            this.sink = sink;
            this.decoder = decoders.create(encoding, this);
        }

        void chunk(Buffer chunk) {
            read += chunk.length();
            if (outcome == null && read > limit) {
                refuse(new Body.TooLarge(limit));
            }
            try {
                for (int at = 0; at < chunk.length() && outcome == null; at += PIECE) {
                    int length = Math.min(PIECE, chunk.length() - at);
                    chunk.getBytes(at, at + length, piece);
                    decode(length);
                }
            } catch (RuntimeException | LinkageError e) {
                // the latter: zstd's native library could not be loaded here
                refuse(new Body.Failed(e));
            }
            if (outcome != null) {
                complete(outcome);
            }
        }

        private void decode(int length) {
            switch (decoder.write(piece, 0, length)) {
                case MORE -> {}
                case STOPPED -> {
                    if (outcome == null) {
                        throw new IllegalStateException("decoding stopped for no reason");
                    }
                }
                case CORRUPT -> refuse(new Body.Corrupt(encoding));
                case TOO_LARGE -> refuse(new Body.WindowTooLarge());
            }
        }

        @Override
        public boolean room(long bytes) {
            codecBytes = bytes;
            return hold();
        }

        @Override
        public boolean decoded(byte[] bytes, int offset, int length) {
            decoded += length;
            if (decoded > limit) {
                refuse(new Body.TooLarge(limit));
                return false;
            }
            if (!sink.write(bytes, offset, length)) {
                release();
                outcome = new Body.Complete(share);
                return false;
            }
            return hold();
        }

        private boolean hold() {
            if (share.resize(codecBytes + sink.heldBytes())) {
                return true;
            }
            refuse(new Body.NoRoom());
            return false;
        }

        private void refuse(Body why) {
            outcome = why;
            sink.abort();
            release();
        }

        private void release() {
            decoder.close();
            share.resize(0);
        }

        void end() {
            if (outcome == null && !decoder.isComplete()) {
                refuse(new Body.Corrupt(encoding));
            }
            decoder.close();
            if (outcome == null) {
                // who waits for this takes the readings in this very call, and from then on the publisher counts them
                share.resize(sink.refusalBytes());
                outcome = new Body.Complete(share);
            }
            complete(outcome);
        }

        private void complete(Body body) {
            if (!settled) {
                settled = true;
                metrics.body(read, decoded);
                promise.complete(body);
            }
        }

        void fail(Throwable cause) {
            if (!settled) {
                settled = true;
                metrics.body(read, decoded);
                promise.fail(cause);
                sink.abort();
                release();
            }
        }
    }
}
