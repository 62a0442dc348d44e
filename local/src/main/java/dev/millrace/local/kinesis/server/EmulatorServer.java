package dev.millrace.local.kinesis.server;

import dev.millrace.local.kinesis.fault.Faults;
import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.store.StreamStore;
import dev.millrace.local.port.FreePort;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.BindException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The HTTP server: one event loop that carries out every call. Speaks HTTP/1.1 and HTTP/2 with prior knowledge, which the
 * AWS SDK may use for Kinesis.
 */
public final class EmulatorServer extends VerticleBase {

    /** Above the largest PutRecords: 5 MiB are 6.7 MiB in base64, and 500 entries have names and hash keys. */
    private static final int MAX_BODY_BYTES = 8 * 1024 * 1024;

    private static final int MAX_HEADER_BYTES = 32 * 1024;

    /** So that a whole PutRecords can be sent without waiting for this side. */
    private static final int HTTP2_WINDOW_BYTES = 8 * 1024 * 1024;

    private static final int HTTP2_STREAMS = 100;

    /** The JDK's own transport keeps a closed socket's port until its selector has had another turn. */
    private static final int TRIES = 40;

    private static final long TRY_INTERVAL_MILLIS = 50;

    /** RFC 9110, IMF-fixdate; the JDK's RFC 1123 formatter leaves out a day's leading zero. */
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private final String host;
    private final int requestedPort;
    private final InstantSource clock;
    private final Operations operations;
    private final Faults faults;
    private final ControlRoute control;
    private volatile int port;
    private long lastRequest;
    private long dateSecond = Long.MIN_VALUE;
    private String date = "";

    /** @param port 0 for any free one */
    public EmulatorServer(String host, int port, InstantSource clock, StreamStore store, Faults faults) {
        this.host = host;
        this.requestedPort = port;
        this.clock = clock;
        this.operations = new Operations(store);
        this.faults = faults;
        this.control = new ControlRoute(store, faults);
    }

    /** The port that it listens on, once it is started. */
    public int port() {
        return port;
    }

    @Override
    public Future<?> start() throws IOException {
        var options = new HttpServerOptions()
                .setHost(host)
                .setPort(requestedPort == 0 ? FreePort.choose() : requestedPort)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setHandle100ContinueAutomatically(true)
                .setHttp2ConnectionWindowSize(HTTP2_WINDOW_BYTES)
                .setInitialSettings(new Http2Settings()
                        .setInitialWindowSize(HTTP2_WINDOW_BYTES)
                        .setMaxConcurrentStreams(HTTP2_STREAMS));
        return listen(options, TRIES)
                .recover(failure -> Future.failedFuture(asBindException(failure)))
                .onSuccess(this::listening);
    }

    /** An emulator that is plugged in again may find its port taken by the socket that it has just closed. */
    private Future<HttpServer> listen(HttpServerOptions options, int tries) {
        Future<HttpServer> listening =
                vertx.createHttpServer(options).requestHandler(this::handle).listen();
        return tries == 1
                ? listening
                : listening.recover(_ -> vertx.timer(TRY_INTERVAL_MILLIS).compose(_ -> listen(options, tries - 1)));
    }

    private void listening(HttpServer server) {
        port = server.actualPort();
    }

    /** The native transports do not fail with the JDK's exception. */
    private Throwable asBindException(Throwable failure) {
        if (failure instanceof BindException || !(failure instanceof IOException)) {
            return failure;
        }
        var bind = new BindException(host + ":" + requestedPort + ": " + failure.getMessage());
        bind.initCause(failure);
        return bind;
    }

    private void handle(HttpServerRequest http) {
        http.response().putHeader("x-amzn-RequestId", nextRequestId()).putHeader(HttpHeaders.DATE, date());
        Buffer body = Buffer.buffer();
        AtomicLong length = new AtomicLong();
        http.handler(chunk -> {
            // what is too large is read on and thrown away, so that the sender sees the answer and not a reset
            if (length.addAndGet(chunk.length()) <= MAX_BODY_BYTES) {
                body.appendBuffer(chunk);
            } else if (length.get() > 4L * MAX_BODY_BYTES) {
                http.connection().close();
            }
        });
        http.endHandler(_ -> {
            if (length.get() <= MAX_BODY_BYTES) {
                route(http, body);
            } else {
                http.response()
                        .setStatusCode(AwsError.REQUEST_ENTITY_TOO_LARGE.status())
                        .end();
            }
        });
    }

    private void route(HttpServerRequest http, Buffer body) {
        String path = http.path();
        if (path != null && ControlRoute.isFor(path)) {
            control.handle(http, path, body);
        } else if (http.method().equals(HttpMethod.POST) && "/".equals(path)) {
            new Call(context, http, body, operations, faults).start();
        } else {
            http.response().setStatusCode(404).end();
        }
    }

    /** Unlike every other of this emulator, and cheap. */
    private String nextRequestId() {
        return new UUID(clock.millis(), ++lastRequest).toString();
    }

    private String date() {
        Instant now = clock.instant();
        if (now.getEpochSecond() != dateSecond) {
            dateSecond = now.getEpochSecond();
            date = HTTP_DATE.format(now);
        }
        return date;
    }
}
