package dev.millrace.gateway.publish;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;

/** A stream of Amazon Kinesis Data Streams. */
public final class KinesisShardedStream implements ShardedStream {

    private static final String THROTTLED = "ProvisionedThroughputExceededException";

    private final KinesisAsyncClient client;
    private final String stream;

    /** A stream; the client must not retry by itself, and its calls must end in bounded time. */
    public KinesisShardedStream(KinesisAsyncClient client, String stream) {
        this.client = client;
        this.stream = stream;
    }

    @Override
    public Future<ShardMap> shardMap() {
        return page(null, new ArrayList<>()).map(ShardMap::new);
    }

    private Future<List<Shard>> page(@Nullable String token, List<Shard> before) {
        ListShardsRequest.Builder request = ListShardsRequest.builder();
        if (token == null) {
            request.streamName(stream).shardFilter(filter -> filter.type(ShardFilterType.AT_LATEST));
        } else {
            request.nextToken(token);
        }
        return call(() -> client.listShards(request.build())).compose(answer -> {
            before.addAll(openShards(answer));
            return answer.nextToken() == null ? Future.succeededFuture(before) : page(answer.nextToken(), before);
        });
    }

    private static List<Shard> openShards(ListShardsResponse answer) {
        return answer.shards().stream()
                .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
                .map(shard -> new Shard(
                        shard.shardId(),
                        new HashKeyRange(
                                HashKey.parse(shard.hashKeyRange().startingHashKey()),
                                HashKey.parse(shard.hashKeyRange().endingHashKey()))))
                .toList();
    }

    @Override
    public Future<List<PutResult>> putRecords(List<Entry> entries) {
        List<PutRecordsRequestEntry> records = new ArrayList<>(entries.size());
        for (Entry entry : entries) {
            records.add(PutRecordsRequestEntry.builder()
                    .partitionKey(entry.partitionKey())
                    .data(SdkBytes.fromByteArrayUnsafe(entry.data()))
                    .build());
        }
        PutRecordsRequest request =
                PutRecordsRequest.builder().streamName(stream).records(records).build();
        return call(() -> client.putRecords(request))
                .map(answer -> results(answer, entries.size()))
                .recover(cause -> Future.succeededFuture(Collections.nCopies(entries.size(), failure(cause))));
    }

    /**
     * The call, made on a thread of its own: before it is asynchronous the client may fetch credentials, and an event loop must
     * not wait for them. What it throws at once is a failure like any other.
     */
    private static <T> Future<T> call(Supplier<CompletableFuture<T>> call) {
        Promise<T> promise = Promise.promise();
        Thread.startVirtualThread(() -> {
            Future<T> answer;
            try {
                answer = Future.fromCompletionStage(call.get());
            } catch (RuntimeException e) {
                answer = Future.failedFuture(e);
            }
            answer.onComplete(promise);
        });
        return promise.future();
    }

    private static List<PutResult> results(PutRecordsResponse answer, int entries) {
        if (answer.records().size() != entries) {
            return Collections.nCopies(entries, new PutResult.Unknown("an answer with too few or too many results"));
        }
        List<PutResult> results = new ArrayList<>(entries);
        for (PutRecordsResultEntry entry : answer.records()) {
            results.add(
                    entry.errorCode() == null
                            ? new PutResult.Accepted(entry.shardId())
                            : entry.errorCode().equals(THROTTLED)
                                    ? new PutResult.Throttled()
                                    : new PutResult.Unknown(entry.errorCode()));
        }
        return results;
    }

    private static PutResult failure(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return cause instanceof ProvisionedThroughputExceededException
                ? new PutResult.Throttled()
                : new PutResult.Unknown(cause.getClass().getSimpleName());
    }
}
