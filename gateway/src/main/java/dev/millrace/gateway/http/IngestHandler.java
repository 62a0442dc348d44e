package dev.millrace.gateway.http;

import dev.millrace.core.reading.BodyFormat;
import dev.millrace.gateway.auth.Principal;
import dev.millrace.gateway.http.BodyReader.Body;
import dev.millrace.gateway.http.encoding.ContentEncoding;
import dev.millrace.gateway.ingest.BodySource;
import dev.millrace.gateway.ingest.IngestBody;
import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.Ingestor;
import dev.millrace.gateway.limit.BodyBudget;
import dev.millrace.gateway.limit.ClientLimits;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** {@code POST /sensors}: answers 202 only when the stream holds every reading (G1). */
final class IngestHandler {

    /**
     * How long a refusal of somebody who sends too much waits: whoever sends on as soon as it is refused takes a little of our time a
     * connection, and not all of it. Who waits as it is told to, a second at least, does not notice.
     */
    private static final Duration REFUSAL_DELAY = Duration.ofMillis(200);

    private final Vertx vertx;
    private final Ingestor ingestor;
    private final BodyReader bodies;
    private final ClientLimits limits;
    private final LongSupplier nanoTime;

    IngestHandler(Vertx vertx, Ingestor ingestor, BodyReader bodies, ClientLimits limits, LongSupplier nanoTime) {
        this.vertx = vertx;
        this.ingestor = ingestor;
        this.bodies = bodies;
        this.limits = limits;
        this.nanoTime = nanoTime;
    }

    void handle(Exchange exchange) {
        Principal sender = exchange.principal().orElseThrow();
        long wait = limits.waitOf(sender.name(), sender.rate(), nanoTime.getAsLong());
        if (wait == 0) {
            read(exchange, sender);
        } else {
            refuse(exchange, wait);
        }
    }

    private void refuse(Exchange exchange, long wait) {
        HttpServerRequest request = exchange.context().request();
        boolean staysWithSender = request.version() != HttpVersion.HTTP_2;
        if (staysWithSender) {
            // what it sends meanwhile
            request.pause();
        } else {
            // of HTTP/2 what a stream's window lets through would wait in our memory
            exchange.discardBody();
        }
        vertx.setTimer(REFUSAL_DELAY.toMillis(), _ -> {
            if (staysWithSender) {
                request.resume();
            }
            exchange.problem(Problem.retry(
                    Problem.Code.RATE_LIMITED,
                    "This sender sends more readings or bytes than it may.",
                    (int) TimeUnit.NANOSECONDS.toSeconds(wait) + 1));
        });
    }

    private void read(Exchange exchange, Principal sender) {
        HttpServerRequest request = exchange.context().request();
        Optional<BodyFormat> format = format(request.getHeader("content-type"));
        if (format.isEmpty()) {
            exchange.problem(Problem.of(
                    Problem.Code.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json or application/x-ndjson."));
            return;
        }
        Optional<ContentEncoding> encoding =
                ContentEncoding.of(request.headers().getAll("content-encoding"));
        if (encoding.isEmpty()) {
            request.response().putHeader("accept-encoding", ContentEncoding.SUPPORTED);
            exchange.problem(Problem.of(
                    Problem.Code.UNSUPPORTED_MEDIA_TYPE,
                    "The body's content encoding must be gzip or zstd, or there must be none."));
            return;
        }
        IngestBody body = ingestor.begin(format.get(), BodySource.of(exchange.scope()));
        bodies.read(request, encoding.get(), body)
                .onSuccess(read -> {
                    if (read instanceof Body.Complete(BodyBudget.Share refusals)) {
                        ingestAtRate(exchange, sender, body, refusals);
                    } else {
                        take(sender, body);
                        answer(exchange, read);
                    }
                })
                // the connection broke: there is nobody to answer
                .onFailure(_ -> take(sender, body));
    }

    /** What was read counts, whatever became of it. */
    private void take(Principal sender, IngestBody body) {
        limits.take(sender.name(), sender.rate(), Math.max(1, body.items()), body.bytes(), nanoTime.getAsLong());
    }

    /** Of bodies that came at a time, those are refused that those before them have left nothing for. */
    private void ingestAtRate(Exchange exchange, Principal sender, IngestBody body, BodyBudget.Share refusals) {
        long wait = limits.tryTake(
                sender.name(), sender.rate(), Math.max(1, body.countItems()), body.bytes(), nanoTime.getAsLong());
        if (wait == 0) {
            ingest(exchange, body, refusals);
        } else {
            body.abort();
            refusals.resize(0);
            refuse(exchange, wait);
        }
    }

    private void answer(Exchange exchange, Body read) {
        switch (read) {
            case Body.Complete _ -> throw new IllegalStateException("a body that has an outcome of its own");
            case Body.TooLarge(int limit) -> {
                exchange.stopBody();
                exchange.problem(Problem.of(
                        Problem.Code.TOO_LARGE, "A body must have at most " + limit + " bytes, decoded too."));
            }
            case Body.WindowTooLarge() ->
                exchange.problem(
                        Problem.of(Problem.Code.TOO_LARGE, "The window of a zstd body must be at most 8 MiB."));
            case Body.Corrupt(ContentEncoding encoding) ->
                exchange.problem(Problem.of(
                        Problem.Code.MALFORMED,
                        "The body is not valid " + encoding.name().toLowerCase(Locale.ROOT) + "."));
            case Body.NoRoom() ->
                exchange.problem(
                        Problem.retry(Problem.Code.OVERLOADED, "There is no room for the body at present.", 1));
            case Body.Failed(Throwable cause) -> exchange.context().fail(cause);
        }
    }

    private void ingest(Exchange exchange, IngestBody body, BodyBudget.Share refusals) {
        Future<IngestOutcome> outcome = body.end();
        outcome.onSuccess(result -> {
                    if (result instanceof IngestOutcome.ShuttingDown) {
                        // the next request must find another process, not this connection
                        exchange.closeAfterwards();
                    }
                    Future<Void> written =
                            switch (IngestAnswers.of(result)) {
                                case IngestAnswers.Answer.Ok(String json) -> exchange.json(202, json);
                                case IngestAnswers.Answer.Failed(Problem problem) -> exchange.problem(problem);
                            };
                    if (!refusals.isEmpty()) {
                        // as long as the client does not read its answer
                        written.onComplete(_ -> refusals.resize(0));
                    }
                })
                .onFailure(cause -> {
                    refusals.resize(0);
                    exchange.context().fail(cause);
                });
    }

    /** What a media type stands for, with parameters or without; JSON is UTF-8 whatever a charset says. */
    private static Optional<BodyFormat> format(@Nullable String contentType) {
        if (contentType == null) {
            return Optional.empty();
        }
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        return switch (type.strip().toLowerCase(Locale.ROOT)) {
            case "application/json" -> Optional.of(BodyFormat.JSON);
            case "application/x-ndjson" -> Optional.of(BodyFormat.NDJSON);
            default -> Optional.empty();
        };
    }
}
