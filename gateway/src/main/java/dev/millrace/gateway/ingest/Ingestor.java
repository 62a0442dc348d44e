package dev.millrace.gateway.ingest;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.BodyResult;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Publication;
import dev.millrace.gateway.publish.Publisher;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes bodies of readings from every door: decodes, admits, publishes, and says what became of each item. Thread-safe.
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

    /** Begins a body of readings of the sensors in {@code scope}; the readings of others are refused one by one. */
    public IngestBody begin(BodyFormat format, SensorScope scope) {
        return new IngestBody(decoder, format, scope, clock, this::take);
    }

    private Future<IngestOutcome> take(IngestBody.Content content) {
        // counted before the look at closing: one of the two sees the other
        open.incrementAndGet();
        Future<IngestOutcome> outcome;
        try {
            outcome = closing ? Future.succeededFuture(new IngestOutcome.ShuttingDown()) : admit(content);
        } catch (RuntimeException e) {
            outcome = Future.failedFuture(e);
        }
        return outcome.onComplete(_ -> {
            if (open.decrementAndGet() == 0 && closing) {
                drained.tryComplete();
            }
        });
    }

    private Future<IngestOutcome> admit(IngestBody.Content content) {
        long received = nanoTime.getAsLong();
        Publisher to = publisher.get();
        if (to == null) {
            return Future.succeededFuture(new IngestOutcome.NotStarted());
        }
        return switch (content.result()) {
            case BodyResult.Malformed(String detail, int line, int column) ->
                Future.succeededFuture(new IngestOutcome.Malformed(detail, line, column));
            case BodyResult.TooMany(int limit) -> Future.succeededFuture(new IngestOutcome.TooManyReadings(limit));
            case BodyResult.Complete(boolean single) -> publish(single, content, to, received);
        };
    }

    private Future<IngestOutcome> publish(boolean single, IngestBody.Content content, Publisher to, long received) {
        content.refusals().forEach(refusal -> metrics.rejected(refusal.code()));
        if (content.lines().isEmpty()) {
            return Future.succeededFuture(new IngestOutcome.NoneValid(single, content.refusals()));
        }
        // the lines are the publisher's, whose bytes it counts: nothing here may hold one until the answer
        List<ItemRefusal> rejected = content.refusals();
        return to.publish(content.lines()).map(publication -> {
            if (publication.accepted() > 0) {
                metrics.accepted(publication.accepted(), Duration.ofNanos(nanoTime.getAsLong() - received));
            }
            return outcome(rejected, publication);
        });
    }

    private IngestOutcome outcome(List<ItemRefusal> rejected, Publication publication) {
        if (publication.retry().isEmpty()) {
            return new IngestOutcome.Accepted(publication.accepted(), rejected);
        }
        metrics.retry(publication.retry().cardinality());
        return new IngestOutcome.Incomplete(
                publication.accepted(),
                places(publication.retry(), rejected),
                rejected,
                publication.reason() == Publication.Reason.OVERLOADED);
    }

    /** The places in the body of readings that are counted without the refused items; both rise. */
    private static List<Integer> places(BitSet readings, List<ItemRefusal> refused) {
        List<Integer> places = new ArrayList<>(readings.cardinality());
        int before = 0;
        for (int reading = readings.nextSetBit(0); reading >= 0; reading = readings.nextSetBit(reading + 1)) {
            while (before < refused.size() && refused.get(before).index() <= reading + before) {
                before++;
            }
            places.add(reading + before);
        }
        return places;
    }
}
