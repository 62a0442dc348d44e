package dev.millrace.gateway.auth.jwt;

import dev.millrace.core.connect.Trust;
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
import java.util.concurrent.TimeUnit;

/** Gets the JWK Set of a provider. An answer is bounded in bytes and time, and comes from where it was asked for: redirects are not followed. */
public final class JwksClient {

    /** Far more than a hundred keys with their certificates need. */
    static final int MAX_BYTES = 256 * 1024;

    /** Less than {@link ProviderKeys#QUIET}: no two attempts at a time. */
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final int CONNECT_TIMEOUT_MILLIS = 3_000;

    private final HttpClientAgent client;
    private final OidcConfig config;
    private final Duration timeout;

    /** A client that does nothing before {@link #fetch}. */
    public JwksClient(Vertx vertx, OidcConfig config) {
        this(vertx, config, TIMEOUT);
    }

    JwksClient(Vertx vertx, OidcConfig config, Duration timeout) {
        this.config = config;
        this.timeout = timeout;
        boolean tls = config.jwksUrl().getScheme().equalsIgnoreCase("https");
        HttpClientOptions options = new HttpClientOptions()
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                // asked every few minutes: nothing to keep a connection for
                .setKeepAlive(false)
                // what a caller's trace is named is no matter of the provider
                .setTracingPolicy(TracingPolicy.IGNORE);
        if (tls) {
            options.setSsl(true)
                    .setVerifyHost(true)
                    .setTrustOptions(Trust.of(config.rootCertificates()))
                    .setSslHandshakeTimeout(CONNECT_TIMEOUT_MILLIS)
                    .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        }
        client = vertx.createHttpClient(options);
    }

    /** The body of one answer. The failure says why there is none, in words that may be logged. */
    public Future<Buffer> fetch() {
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setAbsoluteURI(config.jwksUrl().toString())
                .setFollowRedirects(false)
                .putHeader("accept", "application/jwk-set+json, application/json");
        Future<Buffer> answer = client.request(request).compose(this::ask);
        return within(answer);
    }

    private Future<Buffer> ask(HttpClientRequest request) {
        // with a time of its own: who asked may have given up already
        return within(request.send().compose(JwksClient::body)).onFailure(_ -> request.reset());
    }

    private Future<Buffer> within(Future<Buffer> future) {
        return future.timeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Future<Buffer> body(HttpClientResponse response) {
        if (response.statusCode() != 200) {
            return Future.failedFuture("it answered " + response.statusCode());
        }
        Promise<Buffer> promise = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(chunk -> {
            if (body.length() + chunk.length() > MAX_BYTES) {
                promise.tryFail("its answer has more than " + MAX_BYTES / 1024 + " KiB");
            } else {
                body.appendBuffer(chunk);
            }
        });
        response.exceptionHandler(promise::tryFail);
        response.endHandler(_ -> promise.tryComplete(body));
        return promise.future();
    }

    public Future<Void> close() {
        return client.close();
    }
}
