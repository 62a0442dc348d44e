package dev.millrace.gateway.ingest;

import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.core.reading.Rejection;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Publication;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.StreamLine;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes bodies of readings from every door: decodes, admits, publishes, and says what became of each item. Thread-safe; its
 * futures complete on the caller's context, and fail only by a defect of ours.
 */
public final class Ingestor {

    private final ReadingDecoder decoder;
    private final ReceiptClock clock;
    private final GatewayMetrics metrics;
    private final LongSupplier nanoTime;
    private final AtomicReference<@Nullable Publisher> publisher = new AtomicReference<>();
    private final AtomicInteger open = new AtomicInteger();
    private final Promise<Void> drained = Promise.promise();
    private volatile boolean closing;

    /** @param nanoTime a monotonic clock */
    public Ingestor(ReadingDecoder decoder, ReceiptClock clock, GatewayMetrics metrics, LongSupplier nanoTime) {
        this.decoder = decoder;
        this.clock = clock;
        this.metrics = metrics;
        this.nanoTime = nanoTime;
    }

    /** From now on bodies are taken. */
    public void open(Publisher to) {
        publisher.set(to);
    }

    /** From now on bodies are refused; the future completes when what became of those taken before is known. */
    public Future<Void> drain() {
        closing = true;
        if (open.get() == 0) {
            drained.tryComplete();
        }
        return drained.future();
    }

    /** Takes a JSON body. */
    public Future<IngestOutcome> ingest(byte[] body) {
        // counted before the look at closing: one of the two sees the other
        open.incrementAndGet();
        Future<IngestOutcome> outcome;
        try {
            outcome = closing ? Future.succeededFuture(new IngestOutcome.ShuttingDown()) : take(body);
        } catch (RuntimeException e) {
            outcome = Future.failedFuture(e);
        }
        return outcome.onComplete(_ -> {
            if (open.decrementAndGet() == 0 && closing) {
                drained.tryComplete();
            }
        });
    }

    private Future<IngestOutcome> take(byte[] body) {
        long received = nanoTime.getAsLong();
        Publisher to = publisher.get();
        if (to == null) {
            return Future.succeededFuture(new IngestOutcome.NotStarted());
        }
        metrics.body(body.length);
        return switch (decoder.decode(body, clock.now(), clock::next)) {
            case Decoded.Malformed(String detail, int line, int column) ->
                Future.succeededFuture(new IngestOutcome.Malformed(detail, line, column));
            case Decoded.TooMany(int limit) -> Future.succeededFuture(new IngestOutcome.TooManyReadings(limit));
            case Decoded.Batch batch -> publish(batch, to, received);
        };
    }

    private Future<IngestOutcome> publish(Decoded.Batch batch, Publisher to, long received) {
        batch.rejections().forEach(rejection -> metrics.rejected(rejection.code()));
        List<Reading> readings = batch.readings();
        if (readings.isEmpty()) {
            return Future.succeededFuture(new IngestOutcome.NoneValid(batch.single(), batch.rejections()));
        }
        return to.publish(readings.stream().map(StreamLine::of).toList()).map(publication -> {
            if (publication.accepted() > 0) {
                metrics.accepted(publication.accepted(), Duration.ofNanos(nanoTime.getAsLong() - received));
            }
            return outcome(batch, publication);
        });
    }

    private IngestOutcome outcome(Decoded.Batch batch, Publication publication) {
        List<Rejection> rejected = batch.rejections();
        if (publication.retry().isEmpty()) {
            return new IngestOutcome.Accepted(publication.accepted(), rejected);
        }
        metrics.retry(publication.retry().cardinality());
        int[] positions = batch.positions();
        return new IngestOutcome.Incomplete(
                publication.accepted(),
                publication.retry().stream().map(i -> positions[i]).boxed().toList(),
                rejected,
                publication.reason() == Publication.Reason.OVERLOADED);
    }
}
