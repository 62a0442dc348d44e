package dev.millrace.processor.alert;

import dev.millrace.core.config.KinesisConfig;
import dev.millrace.core.connect.KinesisClients;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.sns.SnsAsyncClient;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;

/** A topic of Amazon SNS, whose subscriptions may filter by the attributes rule, severity, event and environment. */
public final class SnsAlerts implements AlertDestination {

    static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** What Publish takes: ASCII without line breaks, and 100 characters at most. */
    private static final int MOST_SUBJECT = 100;

    /**
     * Of Publish' errors those that are about what is in a message; all others would meet the next message too, whatever their status: a key
     * that may not be used, a topic that is not there. The second is what SNS answers, the third what its reference calls it.
     */
    private static final Set<String> OF_THE_MESSAGE =
            Set.of("InvalidParameter", "ParameterValueInvalid", "InvalidParameterValue");

    private final Vertx vertx;
    private final String topicArn;
    private final String environment;
    private final Duration timeout;
    private final SnsAsyncClient client;

    /** A topic that nothing is sent to before {@link #deliver}. */
    public SnsAlerts(
            Vertx vertx, SnsConfig config, Optional<KinesisConfig.Credentials> credentials, String environment) {
        this(vertx, config, credentials, environment, TIMEOUT);
    }

    SnsAlerts(
            Vertx vertx,
            SnsConfig config,
            Optional<KinesisConfig.Credentials> credentials,
            String environment,
            Duration timeout) {
        this.vertx = vertx;
        this.topicArn = config.topicArn();
        this.environment = environment;
        this.timeout = timeout;
        var builder = SnsAsyncClient.builder()
                .region(Region.of(config.region()))
                // whether and when a message is told again, the queue says
                .overrideConfiguration(override -> override.retryStrategy(DefaultRetryStrategy.doNotRetry())
                        .apiCallTimeout(timeout))
                .asyncConfiguration(async ->
                        async.advancedOption(SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder()
                        .eventLoopGroupBuilder(SdkEventLoopGroup.builder().numberOfThreads(1))
                        .protocol(Protocol.HTTP1_1)
                        .connectionTimeout(Duration.ofSeconds(3))
                        .readTimeout(timeout));
        config.endpoint().ifPresent(builder::endpointOverride);
        credentials
                .map(KinesisClients::credentials)
                .ifPresent(given -> builder.credentialsProvider(StaticCredentialsProvider.create(given)));
        client = builder.build();
    }

    @Override
    public AlertRoute route() {
        return SnsConfig.ROUTE;
    }

    @Override
    public Kind kind() {
        return Kind.SNS;
    }

    @Override
    public Delivery deliver(AlertMessage message) {
        String body = AlertJson.encode(message, environment).toString(StandardCharsets.UTF_8);
        // the SDK looks for credentials where it is called, and may block there: a chain that asks a service
        Future<Delivery> published = vertx.executeBlocking(
                        () -> client.publish(request -> request.topicArn(topicArn)
                                .subject(subject(message, environment))
                                .message(body)
                                .messageAttributes(Map.of(
                                        "rule", attribute(message.rule()),
                                        "severity", attribute(message.severity().text()),
                                        "event", attribute(message.event().text()),
                                        "environment", attribute(environment)))),
                        false)
                .compose(call -> Future.fromCompletionStage(call, vertx.getOrCreateContext()))
                .map(_ -> new Delivery.Delivered());
        AsyncResult<Delivery> result = published
                .timeout(timeout.toMillis() + 1_000, TimeUnit.MILLISECONDS)
                .<AsyncResult<Delivery>>transform(Future::succeededFuture)
                .await();
        return result.succeeded() ? result.result() : failure(result.cause());
    }

    static String subject(AlertMessage message, String environment) {
        String text = "[%s] %s %s: %s %s (%s)"
                .formatted(
                        message.severity().text(),
                        message.rule(),
                        message.event().text(),
                        message.count(),
                        message.count() == 1 ? "anomaly" : "anomalies",
                        environment)
                .replaceAll("[^ -~]", "?");
        return text.substring(0, Math.min(text.length(), MOST_SUBJECT));
    }

    private static MessageAttributeValue attribute(String text) {
        return MessageAttributeValue.builder()
                .dataType("String")
                .stringValue(text)
                .build();
    }

    /** By the service's own codes: its messages are not ours to vouch for. */
    private static Delivery failure(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AwsServiceException refusal) {
                String code = code(refusal);
                String reason = "SNS answered " + code;
                return OF_THE_MESSAGE.contains(code)
                        ? new Delivery.Refused(reason)
                        : new Delivery.Unavailable(reason, Optional.empty());
            }
            if (cause instanceof ApiCallTimeoutException || cause instanceof TimeoutException) {
                return new Delivery.Unavailable("SNS did not answer in time", Optional.empty());
            }
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String message = cause.getMessage();
        return new Delivery.Unavailable(
                message == null
                        ? cause.getClass().getSimpleName()
                        : message.lines().findFirst().orElse(""),
                Optional.empty());
    }

    private static String code(AwsServiceException refusal) {
        AwsErrorDetails details = refusal.awsErrorDetails();
        return details == null || details.errorCode() == null ? "status " + refusal.statusCode() : details.errorCode();
    }

    @Override
    public Future<Void> close() {
        return vertx.executeBlocking(() -> {
                    client.close();
                    return true;
                })
                .mapEmpty();
    }
}
