package dev.millrace.core.connect;

import dev.millrace.core.config.KinesisConfig;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Makes Kinesis clients. They never retry by themselves: only the caller knows which of a call's records were accepted and
 * which order must hold.
 */
public final class KinesisClients {

    /** Calls are few and large; with two a core, as is the default, each call would wake another. */
    private static final int IO_THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    private static final int MAX_UNREAD_BYTES = 1024 * 1024;

    private KinesisClients() {}

    /**
     * A client whose calls end within {@code timeout}, one way or the other. Its futures complete on its own I/O threads,
     * which nobody may block: callers hop to a thread of theirs, and one hop is enough.
     *
     * @param maxCalls how many calls may be under way at a time
     */
    public static KinesisAsyncClient create(KinesisConfig config, Duration timeout, int maxCalls) {
        return create(
                config,
                timeout,
                http()
                        // a connection a call: with HTTP/2 all calls would wait for what one of them lost
                        .protocol(Protocol.HTTP1_1)
                        .maxConcurrency(maxCalls)
                        .readTimeout(timeout));
    }

    /**
     * A client for SubscribeToShard, which takes HTTP/2. Its ordinary calls end within {@code timeout}, a subscription when its
     * caller says so, or when nothing has come for {@code silence}.
     *
     * @param silence longer than the some five seconds after which Kinesis shows that a subscription lives
     * @param maxSubscriptions how many may stand at a time
     */
    public static KinesisAsyncClient createForSubscriptions(
            KinesisConfig config, Duration timeout, Duration silence, int maxSubscriptions) {
        return create(
                config,
                timeout,
                http().protocol(Protocol.HTTP2)
                        // what a subscription may have sent that is not read yet: half a second's worth
                        .http2Configuration(http2 -> http2.initialWindowSize(MAX_UNREAD_BYTES))
                        .maxConcurrency(maxSubscriptions)
                        .readTimeout(silence));
    }

    private static NettyNioAsyncHttpClient.Builder http() {
        return NettyNioAsyncHttpClient.builder()
                .eventLoopGroupBuilder(SdkEventLoopGroup.builder().numberOfThreads(IO_THREADS))
                .connectionTimeout(Duration.ofSeconds(2));
    }

    private static KinesisAsyncClient create(
            KinesisConfig config, Duration timeout, NettyNioAsyncHttpClient.Builder http) {
        var builder = KinesisAsyncClient.builder()
                .region(Region.of(config.region()))
                .overrideConfiguration(override -> override.retryStrategy(DefaultRetryStrategy.doNotRetry())
                        .apiCallTimeout(timeout))
                .asyncConfiguration(async ->
                        async.advancedOption(SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, Runnable::run))
                .httpClientBuilder(http);
        config.endpoint().ifPresent(builder::endpointOverride);
        config.credentials()
                .map(KinesisClients::credentials)
                .ifPresent(given -> builder.credentialsProvider(StaticCredentialsProvider.create(given)));
        return builder.build();
    }

    /** Fixed credentials, as clients of any service take them. */
    public static AwsCredentials credentials(KinesisConfig.Credentials given) {
        return given.sessionToken()
                .<AwsCredentials>map(
                        token -> AwsSessionCredentials.create(given.accessKeyId(), given.secretAccessKey(), token))
                .orElseGet(() -> AwsBasicCredentials.create(given.accessKeyId(), given.secretAccessKey()));
    }
}
