package dev.millrace.gateway.ingest;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.core.reading.BodyResult;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReceiptClock;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.Chain;
import dev.millrace.gateway.publish.Publication;
import dev.millrace.gateway.publish.Publisher;
import dev.millrace.gateway.publish.StreamLine;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
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

    /** Whether the stream has been reached since the start. */
    public boolean isOpen() {
        return publisher.get() != null;
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

    /**
     * Begins a body. Its readings of sensors that the source may not report, or that it was not sent for, are refused one by
     * one.
     *
     * @throws IllegalArgumentException if the source's sensor is none that a reading may have
     */
    public IngestBody begin(BodyFormat format, BodySource source) {
        return new IngestBody(decoder, format, source, clock, new Admission());
    }

    /** How a body's readings are handed to the publisher. */
    private interface Way {

        /** Empty where it must be tried again. */
        Optional<Future<Publication>> publish(Publisher to, List<StreamLine> lines);
    }

    /** One body on its way from its end to its outcome. */
    private final class Admission implements IngestBody.Taker {

        /** When the body was to end first; what it has waited for room since then is part of its latency. */
        private OptionalLong received = OptionalLong.empty();

        @Override
        public Future<IngestOutcome> take(IngestBody.Content content) {
            return counted(() -> {
                        if (publisher.get() == null) {
                            return Optional.of(Future.succeededFuture(new IngestOutcome.NotStarted()));
                        }
                        return admit(content, (to, lines) -> Optional.of(to.publish(lines)));
                    })
                    .orElseThrow();
        }

        @Override
        public Optional<Future<IngestOutcome>> tryTake(IngestBody.Content content, Duration timeout, Chain chain) {
            return counted(() -> admit(content, (to, lines) -> to.tryPublish(lines, timeout, chain)));
        }

        /** Counts the body as open until its outcome is known; one that is to be tried again is not. */
        private Optional<Future<IngestOutcome>> counted(Supplier<Optional<Future<IngestOutcome>>> admission) {
            // before the look at closing: one of the two sees the other
            open.incrementAndGet();
            Optional<Future<IngestOutcome>> outcome;
            try {
                outcome = closing
                        ? Optional.of(Future.succeededFuture(new IngestOutcome.ShuttingDown()))
                        : admission.get();
            } catch (RuntimeException e) {
                outcome = Optional.of(Future.failedFuture(e));
            }
            if (outcome.isEmpty()) {
                leave();
            }
            return outcome.map(future -> future.onComplete(_ -> leave()));
        }

        private void leave() {
            if (open.decrementAndGet() == 0 && closing) {
                drained.tryComplete();
            }
        }

        private Optional<Future<IngestOutcome>> admit(IngestBody.Content content, Way way) {
            if (received.isEmpty()) {
                received = OptionalLong.of(nanoTime.getAsLong());
            }
            return switch (content.result()) {
                case BodyResult.Malformed(String detail, int line, int column) ->
                    Optional.of(Future.succeededFuture(new IngestOutcome.Malformed(detail, line, column)));
                case BodyResult.TooMany(int limit) ->
                    Optional.of(Future.succeededFuture(new IngestOutcome.TooManyReadings(limit)));
                case BodyResult.Complete(boolean single) -> publish(single, content, way);
            };
        }

        private Optional<Future<IngestOutcome>> publish(boolean single, IngestBody.Content content, Way way) {
            // the lines are the publisher's, whose bytes it counts: nothing here may hold one until the answer
            List<ItemRefusal> rejected = content.refusals();
            if (content.lines().isEmpty()) {
                count(rejected);
                return Optional.of(Future.succeededFuture(new IngestOutcome.NoneValid(single, rejected)));
            }
            Publisher to = publisher.get();
            if (to == null) {
                return Optional.empty();
            }
            long since = received.orElseThrow();
            Optional<Future<IngestOutcome>> outcome = way.publish(to, content.lines())
                    .map(published -> published.map(publication -> {
                        if (publication.accepted() > 0) {
                            metrics.accepted(publication.accepted(), Duration.ofNanos(nanoTime.getAsLong() - since));
                        }
                        return outcome(rejected, publication);
                    }));
            if (outcome.isPresent()) {
                count(rejected);
            }
            return outcome;
        }

        private void count(List<ItemRefusal> rejected) {
            rejected.forEach(refusal -> metrics.rejected(refusal.code()));
        }
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
