package dev.millrace.processor.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.lifecycle.VertxInstances;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the SDK sends to SNS, which speaks the query protocol, and what becomes of SNS' answers. */
class SnsAlertsVerticleTest {

    private static final String TOPIC = "arn:aws:sns:eu-west-1:123456789012:iot-alerts-prod";
    private static final String PUBLISHED = """
            <PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>
            <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>
            <ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>
            """;
    private static final Duration SHORT = Duration.ofMillis(500);

    private final Vertx vertx = VertxInstances.create();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private Delivery deliver(AlertMessage message, Duration timeout, Consumer<HttpServerRequest> answer) {
        int port = vertx.createHttpServer(
                        new HttpServerOptions().setHost("127.0.0.1").setPort(0))
                .requestHandler(answer::accept)
                .listen()
                .await()
                .actualPort();
        return deliver(message, timeout, port);
    }

    private Delivery deliver(AlertMessage message, Duration timeout, int port) {
        SnsAlerts sns = new SnsAlerts(
                vertx,
                new SnsConfig(TOPIC, Optional.of(URI.create("http://localhost:" + port))),
                Optional.of(new KinesisConfig.Credentials("AKIDEXAMPLE", "secret", Optional.empty())),
                "prod",
                timeout);
        Delivery delivery = sns.deliver(message);
        sns.close().await();
        return delivery;
    }

    private Delivery answering(int status, String code) {
        AtomicInteger asked = new AtomicInteger();
        Delivery delivery = deliver(Messages.SAMPLE, SnsAlerts.TIMEOUT, request -> {
            asked.incrementAndGet();
            request.response().setStatusCode(status).end("""
                    <ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>
                    <Code>%s</Code><Message>no</Message></Error><RequestId>x</RequestId></ErrorResponse>""".formatted(code));
        });
        assertEquals(1, asked.get(), "the queue retries, not the SDK");
        return delivery;
    }

    private static Map<String, String> form(String body) {
        Map<String, String> fields = new TreeMap<>();
        for (String field : body.split("&", -1)) {
            int at = field.indexOf('=');
            fields.put(
                    URLDecoder.decode(field.substring(0, at), StandardCharsets.UTF_8),
                    URLDecoder.decode(field.substring(at + 1), StandardCharsets.UTF_8));
        }
        return fields;
    }

    /** Attributes come as entries with a number each, in any order. */
    private static Map<String, String> attributes(Map<String, String> form) {
        Map<String, String> attributes = new TreeMap<>();
        for (int i = 1; form.containsKey("MessageAttributes.entry." + i + ".Name"); i++) {
            String entry = "MessageAttributes.entry." + i;
            attributes.put(
                    form.get(entry + ".Name"),
                    form.get(entry + ".Value.DataType") + " " + form.get(entry + ".Value.StringValue"));
        }
        return attributes;
    }

    @Test
    void theTopicGetsTheMessageASubjectAndAttributesToFilterBy() throws Exception {
        BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
        BlockingQueue<String> signatures = new LinkedBlockingQueue<>();
        assertEquals(new Delivery.Delivered(), deliver(Messages.SAMPLE, SnsAlerts.TIMEOUT, request -> {
            signatures.add(String.valueOf(request.getHeader("authorization")));
            request.body().onSuccess(body -> {
                bodies.add(body.toString());
                request.response().putHeader("content-type", "text/xml").end(PUBLISHED);
            });
        }));

        Map<String, String> form = form(bodies.remove());
        assertEquals("Publish", form.get("Action"));
        assertEquals(TOPIC, form.get("TopicArn"));
        assertEquals("[warning] temperature-high opened: 2 anomalies (prod)", form.get("Subject"));
        assertEquals(AlertJson.encode(Messages.SAMPLE, "prod").toString(), form.get("Message"));
        assertEquals(
                Map.of(
                        "rule", "String temperature-high",
                        "severity", "String warning",
                        "event", "String opened",
                        "environment", "String prod"),
                attributes(form));
        String signature = signatures.remove();
        assertTrue(signature.contains("/eu-west-1/sns/aws4_request"), signature);
    }

    @Test
    void theLargestMessageIsWithinWhatPublishTakes() {
        AlertMessage largest = Messages.largest();

        String subject = SnsAlerts.subject(largest, "ü".repeat(100) + "\n");

        assertEquals(100, subject.length());
        assertTrue(subject.matches("[ -~]+"), subject);
        assertTrue(AlertJson.encode(largest, "e".repeat(100)).length() <= 256 * 1024 - 1024);
    }

    @ParameterizedTest
    @ValueSource(strings = {"InvalidParameter", "ParameterValueInvalid", "InvalidParameterValue"})
    void whatIsWrongWithTheMessageIsItsOwnMatter(String code) {
        assertEquals(new Delivery.Refused("SNS answered " + code), answering(400, code));
    }

    /** Whatever their status: many of those that every message would meet have 400 too. */
    @ParameterizedTest
    @CsvSource({
        "400, KMSDisabled",
        "400, KMSInvalidState",
        "400, KMSNotFound",
        "400, KMSOptInRequired",
        "400, KMSThrottling",
        "400, KMSAccessDenied",
        "400, AccessDeniedException",
        "400, ExpiredToken",
        "400, Throttling",
        "400, WhatNobodyKnowsYet",
        "403, AuthorizationError",
        "403, InvalidSecurity",
        "403, InvalidClientTokenId",
        "404, NotFound",
        "429, Throttled",
        "500, InternalError",
        "503, ServiceUnavailable"
    })
    void anyOtherErrorIsTheTopicsMatter(int status, String code) {
        assertEquals(unavailable("SNS answered " + code), answering(status, code));
    }

    /** As of a proxy between. */
    @ParameterizedTest
    @ValueSource(ints = {400, 502})
    void anErrorWithoutACodeIsTheTopicsMatter(int status) {
        assertEquals(
                unavailable("SNS answered status " + status),
                deliver(Messages.SAMPLE, SnsAlerts.TIMEOUT, request -> request.response()
                        .setStatusCode(status)
                        .end("<html>Bad</html>")));
    }

    private static Delivery unavailable(String reason) {
        return new Delivery.Unavailable(reason, Optional.empty());
    }

    @Test
    void anApiThatHangsOrIsNotThereIsUnavailable() {
        assertEquals(unavailable("SNS did not answer in time"), deliver(Messages.SAMPLE, SHORT, _ -> {}));
        int port = vertx.createNetServer()
                .connectHandler(socket -> socket.close())
                .listen(0, "127.0.0.1")
                .await()
                .actualPort();
        assertInstanceOf(Delivery.Unavailable.class, deliver(Messages.SAMPLE, SnsAlerts.TIMEOUT, port));
    }
}
