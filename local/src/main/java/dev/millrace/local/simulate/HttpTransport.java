package dev.millrace.local.simulate;

import dev.millrace.gateway.auth.ApiKey;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Readings as requests {@code POST /sensors}, a request each, over a few connections that all devices share. */
final class HttpTransport implements Transport {

    private static final Logger log = LoggerFactory.getLogger(HttpTransport.class);

    private static final int MAX_CONNECTIONS = 16;
    private static final int ACCEPTED = 202;

    private final URI gateway;
    private final Optional<ApiKey> key;
    private final Duration answerTimeout;
    private final HttpClientAgent client;

    /**
     * Over connections that are made when they are needed.
     *
     * @param gateway its address, without a path of its own
     * @param key what the devices show
     */
    HttpTransport(
            Vertx vertx,
            URI gateway,
            Optional<ApiKey> key,
            int devices,
            Duration connectTimeout,
            Duration answerTimeout) {
        this.gateway = gateway;
        this.key = key;
        this.answerTimeout = answerTimeout;
        client = vertx.httpClientBuilder()
                .with(new HttpClientOptions().setConnectTimeout(Math.toIntExact(connectTimeout.toMillis())))
                .with(new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS).setMaxWaitQueueSize(devices))
                // Without a handler Vert.x logs each lost connection as an error; its request fails, which is told.
                .withConnectHandler(connection ->
                        connection.exceptionHandler(failure -> log.debug("A connection is lost", failure)))
                .build();
    }

    @Override
    public Future<Void> publish(int device, SimulatedReading reading) {
        var request = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setAbsoluteURI(gateway + "/sensors")
                .setTimeout(answerTimeout.toMillis())
                .putHeader("Content-Type", "application/json");
        key.ifPresent(shown -> request.putHeader("Authorization", shown.authorization()));
        return client.request(request)
                .compose(call -> call.send(reading.toJson().toBuffer()))
                .compose(response -> response.end().map(_ -> response.statusCode()))
                .compose(status ->
                        status == ACCEPTED ? Future.succeededFuture() : Future.failedFuture("HTTP " + status));
    }

    @Override
    public Future<?> close() {
        return client.close();
    }
}
