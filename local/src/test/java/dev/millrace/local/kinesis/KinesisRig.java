package dev.millrace.local.kinesis;

import dev.millrace.local.kinesis.store.Limits;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** An emulator on a clock that the test moves, and an unmodified AWS SDK client that does not retry. */
final class KinesisRig implements AutoCloseable {

    static final String STREAM = "readings";
    static final String SHARD_0 = "shardId-000000000000";
    static final String SHARD_1 = "shardId-000000000001";

    /**
     * For all tests, because closing one takes two seconds. HTTP/2 is what the SDK's own Kinesis client takes where
     * nothing else is said.
     */
    private static final SdkAsyncHttpClient HTTP_2 = httpClient(Protocol.HTTP2);

    private static final SdkAsyncHttpClient HTTP_1 = httpClient(Protocol.HTTP1_1);

    final ManualClock clock = new ManualClock(Instant.parse("2026-05-01T10:00:00.123Z"));
    final Vertx vertx = Vertx.vertx();
    final KinesisEmulator emulator;
    final KinesisAsyncClient client;

    KinesisRig(EmulatorConfig config) {
        this(config, Protocol.HTTP2, Duration.ofSeconds(10));
    }

    /** @param timeout of the client's calls */
    KinesisRig(EmulatorConfig config, Protocol protocol, Duration timeout) {
        emulator = await(KinesisEmulator.start(vertx, config, clock, new SplittableRandom(1)));
        client = client(emulator, protocol, timeout);
    }

    /** A free port, one stream, no limits. */
    static EmulatorConfig config(int shards) {
        return EmulatorConfig.defaults().withPort(0).withStream(STREAM, shards).withLimits(Limits.none());
    }

    static KinesisAsyncClient client(KinesisEmulator emulator, Protocol protocol, Duration timeout) {
        return KinesisAsyncClient.builder()
                .endpointOverride(emulator.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")))
                .httpClient(protocol == Protocol.HTTP2 ? HTTP_2 : HTTP_1)
                .overrideConfiguration(
                        o -> o.retryStrategy(DefaultRetryStrategy.doNotRetry()).apiCallTimeout(timeout))
                .build();
    }

    private static SdkAsyncHttpClient httpClient(Protocol protocol) {
        return NettyNioAsyncHttpClient.builder().protocol(protocol).build();
    }

    static <T> T await(Future<T> future) {
        try {
            return future.await(10, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("not within 10 s", e);
        }
    }

    /** The error code of a call that the service refuses. */
    static String errorOf(Runnable call) {
        try {
            call.run();
        } catch (CompletionException e) {
            if (e.getCause() instanceof AwsServiceException refused) {
                return refused.awsErrorDetails().errorCode();
            }
            throw e;
        }
        return "none";
    }

    static PutRecordsRequestEntry entry(String key, String text) {
        return PutRecordsRequestEntry.builder()
                .partitionKey(key)
                .data(SdkBytes.fromUtf8String(text))
                .build();
    }

    String put(String key, String text) {
        return client.putRecord(b -> b.streamName(STREAM).partitionKey(key).data(SdkBytes.fromUtf8String(text)))
                .join()
                .sequenceNumber();
    }

    PutRecordsResponse putAll(List<PutRecordsRequestEntry> entries) {
        return client.putRecords(b -> b.streamName(STREAM).records(entries)).join();
    }

    String iterator(String shard, ShardIteratorType type) {
        return iterator(b -> b.streamName(STREAM).shardId(shard).shardIteratorType(type));
    }

    String iterator(Consumer<software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest.Builder> request) {
        return client.getShardIterator(request).join().shardIterator();
    }

    GetRecordsResponse get(String iterator) {
        return client.getRecords(b -> b.shardIterator(iterator)).join();
    }

    /** What is in a shard from an iterator on, read until its end or until there is no more. */
    List<String> readAll(String iterator) {
        var texts = new ArrayList<String>();
        String next = iterator;
        while (next != null) {
            GetRecordsResponse answer = get(next);
            answer.records().forEach(r -> texts.add(r.data().asUtf8String()));
            if (answer.millisBehindLatest() == 0) {
                break;
            }
            next = answer.nextShardIterator();
        }
        return texts;
    }

    static List<String> texts(List<Record> records) {
        return records.stream().map(r -> r.data().asUtf8String()).toList();
    }

    @Override
    public void close() {
        client.close();
        await(emulator.close());
        await(vertx.close());
    }
}
