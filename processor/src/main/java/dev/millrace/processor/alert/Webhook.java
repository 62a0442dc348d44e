package dev.millrace.processor.alert;

import dev.millrace.core.config.CaBundle;
import dev.millrace.core.connect.Trust;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.tracing.TracingPolicy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A receiver over HTTP. A delivery is bounded in time, its answer in bytes, and goes where the file says: redirects are not followed, for
 * they would lead to where nobody allowed it.
 */
public final class Webhook implements AlertDestination {

    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final int CONNECT_TIMEOUT_MILLIS = 3_000;

    /** What is read of an answer, and thrown away: enough that a usual receiver is not cut off while it writes. */
    static final int MAX_ANSWER_BYTES = 8 * 1024;

    /** The status has come, so this is mere politeness. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(2);

    /** A message with this answer gets it again; another message perhaps does not. */
    private static final Set<Integer> OF_THE_MESSAGE = Set.of(400, 409, 413, 415, 422);

    /** Those with which Retry-After means what it says (RFC 9110, 15.6.4; RFC 6585, 4). */
    private static final Set<Integer> TOO_MANY = Set.of(429, 503);

    private static final int MAX_DIGITS = 9;

    private final WebhookConfig config;
    private final String environment;
    private final InstantSource clock;
    private final HttpClientAgent client;
    private final Duration timeout;

    /** A receiver that nothing is sent to before {@link #deliver}. */
    public Webhook(
            Vertx vertx,
            WebhookConfig config,
            Optional<CaBundle> authorities,
            String environment,
            InstantSource clock) {
        this(vertx, config, authorities, environment, clock, TIMEOUT);
    }

    Webhook(
            Vertx vertx,
            WebhookConfig config,
            Optional<CaBundle> authorities,
            String environment,
            InstantSource clock,
            Duration timeout) {
        this.config = config;
        this.environment = environment;
        this.clock = clock;
        this.timeout = timeout;
        HttpClientOptions options = new HttpClientOptions()
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                // told now and then: nothing to keep a connection for
                .setKeepAlive(false)
                .setTracingPolicy(TracingPolicy.IGNORE);
        if ("https".equals(config.url().getScheme())) {
            options.setSsl(true)
                    .setVerifyHost(true)
                    .setTrustOptions(Trust.of(authorities))
                    .setSslHandshakeTimeout(CONNECT_TIMEOUT_MILLIS)
                    .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        }
        client = vertx.createHttpClient(options);
    }

    @Override
    public AlertRoute route() {
        return config.route();
    }

    @Override
    public Kind kind() {
        return Kind.WEBHOOK;
    }

    @Override
    public Delivery deliver(AlertMessage message) {
        Buffer body = AlertJson.encode(message, environment);
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setAbsoluteURI(config.url().toString())
                .setFollowRedirects(false)
                .putHeader("content-type", "application/json")
                .putHeader("user-agent", "millrace")
                .putHeader("millrace-delivery", message.deliveryId().toString())
                .putHeader(
                        "millrace-signature",
                        Signature.of(config.secret(), clock.instant().getEpochSecond(), body.getBytes()));
        Future<Delivery> answer = client.request(options).compose(request -> ask(request, body));
        AsyncResult<Delivery> result = within(timeout, answer)
                .<AsyncResult<Delivery>>transform(Future::succeededFuture)
                .await();
        return result.succeeded()
                ? result.result()
                : new Delivery.Unavailable(reason(result.cause()), Optional.empty());
    }

    private Future<Delivery> ask(HttpClientRequest request, Buffer body) {
        // with a time of its own: who asked may have given up already
        return within(timeout, request.send(body))
                .compose(response -> drained(request, response).map(_ -> delivery(response)))
                .onFailure(_ -> request.reset());
    }

    private static <T> Future<T> within(Duration time, Future<T> future) {
        return future.timeout(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Completes always: what was answered is known. */
    private static Future<Void> drained(HttpClientRequest request, HttpClientResponse response) {
        Promise<Void> end = Promise.promise();
        long[] bytes = {0};
        response.handler(chunk -> {
            bytes[0] += chunk.length();
            if (bytes[0] > MAX_ANSWER_BYTES) {
                end.tryFail("more than anybody reads");
            }
        });
        response.exceptionHandler(end::tryFail);
        response.endHandler(_ -> end.tryComplete());
        return within(ANSWER_TIMEOUT, end.future())
                .onFailure(_ -> request.reset())
                .otherwiseEmpty();
    }

    private static Delivery delivery(HttpClientResponse response) {
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            return new Delivery.Delivered();
        }
        String reason = "it answered " + status;
        if (OF_THE_MESSAGE.contains(status)) {
            return new Delivery.Refused(reason);
        }
        Optional<Duration> retryAfter = TOO_MANY.contains(status)
                ? Optional.ofNullable(response.getHeader("retry-after")).flatMap(Webhook::seconds)
                : Optional.empty();
        return new Delivery.Unavailable(reason, retryAfter);
    }

    /** The form that is in use; a date would have two clocks agree. */
    private static Optional<Duration> seconds(String text) {
        return text.matches("[0-9]{1," + MAX_DIGITS + "}")
                ? Optional.of(Duration.ofSeconds(Long.parseLong(text)))
                : Optional.empty();
    }

    /** The client's messages name hosts and certificates, and neither path nor query. */
    private static String reason(Throwable cause) {
        if (cause instanceof TimeoutException) {
            return "no answer in time";
        }
        String reason = firstLine(cause);
        if (cause.getCause() == null) {
            return reason;
        }
        // of a handshake that failed only this says why, and of a connection that was refused nothing new
        String why = firstLine(cause.getCause());
        return reason.contains(why) ? reason : reason + ": " + why;
    }

    private static String firstLine(Throwable cause) {
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }

    @Override
    public Future<Void> close() {
        return client.close();
    }
}
