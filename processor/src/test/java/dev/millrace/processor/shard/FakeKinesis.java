package dev.millrace.processor.shard;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;

/** Kinesis with answers that were laid out before. */
final class FakeKinesis implements KinesisAsyncClient {

    private final Deque<CompletableFuture<GetRecordsResponse>> answers = new ArrayDeque<>();
    private final Deque<ListShardsResponse> pages = new ArrayDeque<>();
    final List<GetShardIteratorRequest> iterators = new ArrayList<>();
    final List<String> iteratorsUsed = new ArrayList<>();
    final List<ListShardsRequest> listings = new ArrayList<>();

    FakeKinesis answer(GetRecordsResponse response) {
        answers.add(CompletableFuture.completedFuture(response));
        return this;
    }

    FakeKinesis fail(Throwable failure) {
        answers.add(CompletableFuture.failedFuture(failure));
        return this;
    }

    FakeKinesis page(ListShardsResponse response) {
        pages.add(response);
        return this;
    }

    @Override
    public CompletableFuture<GetShardIteratorResponse> getShardIterator(GetShardIteratorRequest request) {
        iterators.add(request);
        return CompletableFuture.completedFuture(GetShardIteratorResponse.builder()
                .shardIterator("iterator-" + iterators.size())
                .build());
    }

    @Override
    public CompletableFuture<GetRecordsResponse> getRecords(GetRecordsRequest request) {
        iteratorsUsed.add(request.shardIterator());
        return Objects.requireNonNull(answers.poll(), "no answer was laid out");
    }

    @Override
    public CompletableFuture<ListShardsResponse> listShards(ListShardsRequest request) {
        listings.add(request);
        return CompletableFuture.completedFuture(Objects.requireNonNull(pages.poll(), "no page was laid out"));
    }

    @Override
    public String serviceName() {
        return SERVICE_NAME;
    }

    @Override
    public void close() {}
}
