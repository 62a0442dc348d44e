package dev.millrace.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads request bodies within bounds: one body's, and that of all bodies being read at a time (G4). Thread-safe.
 */
final class BodyReader {

    /** How many times the limit is read and thrown away, so that the sender sees the answer rather than a reset. */
    private static final int DISCARD_FACTOR = 4;

    /** What came of reading a body. */
    sealed interface Body {

        @SuppressWarnings("ArrayRecordComponent") // never compared
        record Complete(byte[] bytes) implements Body {}

        /** It has more than {@code limit} bytes. */
        record TooLarge(int limit) implements Body {}

        /** There was no room for it. */
        record NoRoom() implements Body {}
    }

    private final int limit;
    private final long total;
    private final AtomicLong used = new AtomicLong();

    /** A reader of bodies with at most {@code limit} bytes each and {@code total} bytes at a time. */
    BodyReader(int limit, long total) {
        this.limit = limit;
        this.total = total;
    }

    /**
     * Reads the body to its end. The future fails only when the connection breaks.
     *
     * @param request not yet resumed after having been paused, or fresh
     */
    Future<Body> read(HttpServerRequest request) {
        String declared = request.getHeader("content-length");
        if (request.headers().contains("expect", "100-continue", true)) {
            if (declared != null && exceeds(declared)) {
                // the sender waits for a word before it sends the body: the answer itself is that word
                return Future.succeededFuture(new Body.TooLarge(limit));
            }
            request.response().writeContinue();
        }
        Reading reading = new Reading(request);
        request.handler(reading::chunk);
        request.endHandler(_ -> reading.end());
        request.exceptionHandler(reading::fail);
        return reading.promise.future();
    }

    /** The bytes of the bodies being read. */
    long used() {
        return used.get();
    }

    private boolean exceeds(String contentLength) {
        // Vert.x has checked that it is a number
        return contentLength.length() > 10 || Long.parseLong(contentLength) > limit;
    }

    /** One body being read; confined to its connection's event loop. */
    private final class Reading {
        private final HttpServerRequest request;
        private final Promise<Body> promise = Promise.promise();
        private Buffer buffer = Buffer.buffer();
        private long reserved;
        private long read;
        private boolean noRoom;

        Reading(HttpServerRequest request) {
            this.request = request;
        }

        void chunk(Buffer chunk) {
            read += chunk.length();
            if (read > (long) limit * DISCARD_FACTOR) {
                request.connection().close();
            } else if (read > limit || noRoom) {
                drop();
            } else if (used.addAndGet(chunk.length()) > total) {
                used.addAndGet(-chunk.length());
                noRoom = true;
                drop();
            } else {
                reserved += chunk.length();
                buffer.appendBuffer(chunk);
            }
        }

        void end() {
            byte[] bytes = buffer.getBytes();
            drop();
            if (read > limit) {
                promise.tryComplete(new Body.TooLarge(limit));
            } else if (noRoom) {
                promise.tryComplete(new Body.NoRoom());
            } else {
                promise.tryComplete(new Body.Complete(bytes));
            }
        }

        void fail(Throwable cause) {
            drop();
            promise.tryFail(cause);
        }

        private void drop() {
            used.addAndGet(-reserved);
            reserved = 0;
            buffer = Buffer.buffer();
        }
    }
}
