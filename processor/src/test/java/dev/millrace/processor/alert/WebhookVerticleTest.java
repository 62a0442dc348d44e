package dev.millrace.processor.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.TestCa;
import dev.millrace.core.config.CaBundle;
import dev.millrace.core.lifecycle.VertxInstances;
import dev.millrace.processor.anomaly.Severity;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What receivers answer, and other servers in their place. */
class WebhookVerticleTest {

    private static final String SECRET = "a-secret-of-enough-characters";
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Delivery DELIVERED = new Delivery.Delivered();

    private final Vertx vertx = VertxInstances.create();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private int serve(HttpServerOptions options, Consumer<HttpServerRequest> answer) {
        return vertx.createHttpServer(options.setHost("127.0.0.1").setPort(0))
                .requestHandler(answer::accept)
                .listen()
                .await()
                .actualPort();
    }

    private Delivery deliver(String url, Optional<CaBundle> authorities, Duration timeout) {
        WebhookConfig config = new WebhookConfig(new AlertRoute("operations", Severity.INFO), URI.create(url), SECRET);
        Webhook webhook =
                new Webhook(vertx, config, authorities, "prod", () -> Instant.ofEpochSecond(1_795_176_000), timeout);
        // it is not closed here: what it gives up must be given up by then
        return webhook.deliver(Messages.SAMPLE);
    }

    private Delivery deliver(Consumer<HttpServerRequest> answer) {
        return deliver(
                "http://localhost:" + serve(new HttpServerOptions(), answer) + "/hook?k=v",
                Optional.empty(),
                Webhook.TIMEOUT);
    }

    private Delivery answering(int status, Map<String, String> headers) {
        return deliver(request -> {
            request.response().setStatusCode(status);
            headers.forEach(request.response()::putHeader);
            request.response().end("whatever");
        });
    }

    private record Got(String method, String uri, Map<String, String> headers, Buffer body) {}

    @Test
    void theReceiverGetsTheMessageItsIdAndASignatureOfExactlyTheseBytes() throws Exception {
        BlockingQueue<Got> got = new LinkedBlockingQueue<>();
        assertEquals(DELIVERED, deliver(request -> request.body().onSuccess(body -> {
            got.add(new Got(
                    request.method().name(),
                    request.uri(),
                    Map.of(
                            "type", request.getHeader("Content-Type"),
                            "delivery", request.getHeader("Millrace-Delivery"),
                            "signature", request.getHeader("Millrace-Signature")),
                    body));
            request.response().setStatusCode(204).end();
        })));

        Got first = got.remove();
        assertEquals("POST /hook?k=v", first.method + " " + first.uri);
        assertEquals(AlertJson.encode(Messages.SAMPLE, "prod"), first.body);
        assertEquals(
                Map.of(
                        "type", "application/json",
                        "delivery", "6f1d1c0e-6c0b-4d0e-9f57-0a3f6a3c7b11",
                        "signature", Signature.of(SECRET, 1_795_176_000, first.body.getBytes())),
                first.headers);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 202, 204, 299})
    void anySuccessIsDelivered(int status) {
        assertEquals(DELIVERED, answering(status, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 409, 413, 415, 422})
    void whatIsWrongWithTheMessageIsItsOwnMatter(int status) {
        assertEquals(new Delivery.Refused("it answered " + status), answering(status, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404, 408, 410, 429, 500, 502, 503, 504})
    void anyOtherStatusIsTheReceiversMatter(int status) {
        assertEquals(new Delivery.Unavailable("it answered " + status, Optional.empty()), answering(status, Map.of()));
    }

    @Test
    void retryAfterIsReadWhereItMeansSomething() {
        Map<String, String> header = Map.of("Retry-After", "120");
        for (int status : List.of(429, 503)) {
            assertEquals(
                    new Delivery.Unavailable("it answered " + status, Optional.of(Duration.ofMinutes(2))),
                    answering(status, header));
        }
        assertEquals(new Delivery.Unavailable("it answered 500", Optional.empty()), answering(500, header));
        for (String odd : List.of("-1", "soon", "99999999999999999999", "Fri, 20 Nov 2026 12:00:00 GMT", "1.5")) {
            assertEquals(
                    new Delivery.Unavailable("it answered 503", Optional.empty()),
                    answering(503, Map.of("Retry-After", odd)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void redirectsAreNotFollowed(int status) {
        AtomicInteger asked = new AtomicInteger();
        int elsewhere = serve(new HttpServerOptions(), request -> {
            asked.incrementAndGet();
            request.response().end();
        });

        assertEquals(
                new Delivery.Unavailable("it answered " + status, Optional.empty()),
                answering(status, Map.of("Location", "http://localhost:" + elsewhere + "/")));
        assertEquals(0, asked.get());
    }

    @Test
    void aReceiverThatHangsIsGivenUpAndItsConnectionWithIt() throws Exception {
        CompletableFuture<Void> cut = new CompletableFuture<>();
        int port =
                serve(new HttpServerOptions(), request -> request.connection().closeHandler(_ -> cut.complete(null)));

        assertEquals(
                new Delivery.Unavailable("no answer in time", Optional.empty()),
                deliver("http://localhost:" + port, Optional.empty(), SHORT));
        cut.get(60, TimeUnit.SECONDS);
    }

    @Test
    void anAnswerWithoutEndIsNotReadAndItsStatusCounts() throws Exception {
        CompletableFuture<Void> cut = new CompletableFuture<>();
        assertEquals(DELIVERED, deliver(request -> {
            request.connection().closeHandler(_ -> cut.complete(null));
            request.response().setChunked(true);
            vertx.setPeriodic(1, timer -> {
                if (cut.isDone()) {
                    vertx.cancelTimer(timer);
                } else {
                    request.response().write(Buffer.buffer(new byte[10_000]));
                }
            });
        }));
        cut.get(60, TimeUnit.SECONDS);
    }

    @Test
    void aBodyThatTricklesDoesNotHoldUpWhatWasAnswered() throws Exception {
        CompletableFuture<Void> cut = new CompletableFuture<>();
        assertEquals(DELIVERED, deliver(request -> {
            request.connection().closeHandler(_ -> cut.complete(null));
            request.response().setChunked(true).write("{");
        }));
        cut.get(60, TimeUnit.SECONDS);
    }

    @Test
    void whatIsNoHttpOrNotThereIsUnavailable() {
        NetServer garbage = vertx.createNetServer().connectHandler(socket -> socket.write("SSH-2.0-x\r\n\r\n"));
        int port = garbage.listen(0, "127.0.0.1").await().actualPort();
        assertUnavailable("http://localhost:" + port);
        assertUnavailable("https://localhost:" + port);
        NetServer closing = vertx.createNetServer().connectHandler(socket -> socket.close());
        assertUnavailable(
                "http://localhost:" + closing.listen(0, "127.0.0.1").await().actualPort());
        garbage.close().await();
        assertUnavailable("http://localhost:" + port);
    }

    /** It stands in /health/ready for people, who read it once. */
    @Test
    void aReasonIsSaidOnce() {
        NetServer gone = vertx.createNetServer().connectHandler(socket -> socket.close());
        int port = gone.listen(0, "127.0.0.1").await().actualPort();
        gone.close().await();

        for (String url : List.of("http://localhost:" + port, "https://localhost:" + port)) {
            String reason = assertInstanceOf(
                            Delivery.Unavailable.class, deliver(url, Optional.empty(), Webhook.TIMEOUT))
                    .reason();
            assertEquals(2, reason.split("Connection refused", -1).length, reason);
        }
    }

    private void assertUnavailable(String url) {
        Delivery delivery = deliver(url + "/T0KEN?T0KEN", Optional.empty(), Webhook.TIMEOUT);

        Delivery.Unavailable unavailable = assertInstanceOf(Delivery.Unavailable.class, delivery);
        assertFalse(unavailable.reason().contains("T0KEN"), unavailable.reason());
        assertFalse(unavailable.reason().isBlank());
    }

    @Test
    void theReceiversCertificateIsVerified(@TempDir Path folder) {
        TestCa ca = new TestCa(folder, "authority");
        TestCa others = new TestCa(folder, "others");
        AtomicInteger asked = new AtomicInteger();
        int port = serveTls(ca.server("hook", "dns:localhost,ip:127.0.0.1"), asked);
        int wrongName = serveTls(ca.server("elsewhere", "dns:elsewhere.example"), asked);

        assertEquals(DELIVERED, deliver("https://localhost:" + port, Optional.of(ca.bundle()), Webhook.TIMEOUT));
        assertEquals(1, asked.get());
        List<Delivery> refused = new ArrayList<>();
        refused.add(deliver("https://localhost:" + port, Optional.empty(), Webhook.TIMEOUT));
        refused.add(deliver("https://localhost:" + port, Optional.of(others.bundle()), Webhook.TIMEOUT));
        refused.add(deliver("https://localhost:" + wrongName, Optional.of(ca.bundle()), Webhook.TIMEOUT));
        assertTrue(refused.stream().allMatch(Delivery.Unavailable.class::isInstance), refused::toString);
        // why a handshake failed is said in the cause alone, and in it once
        assertEquals(2, refused.getFirst().toString().split("certification path", -1).length, refused::toString);
        assertEquals(1, asked.get());
    }

    private int serveTls(TestCa.Identity identity, AtomicInteger asked) {
        return serve(
                new HttpServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .setCertPath(identity.certificate().toString())
                                .setKeyPath(identity.key().toString())),
                request -> {
                    asked.incrementAndGet();
                    request.response().end();
                });
    }
}
