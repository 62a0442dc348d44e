package dev.millrace.processor.shard;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerResponse;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Kinesis with answers that were laid out before. */
final class FakeKinesis implements KinesisAsyncClient {

    static final Instant CREATED = Instant.parse("2026-05-01T10:00:00Z");

    private final Deque<CompletableFuture<GetRecordsResponse>> answers = new ConcurrentLinkedDeque<>();
    private final Deque<Throwable> iteratorFailures = new ArrayDeque<>();
    private final Deque<CompletableFuture<DescribeStreamSummaryResponse>> summaries = new ArrayDeque<>();
    private final Deque<ListShardsResponse> pages = new ArrayDeque<>();
    private Instant created = CREATED;
    private int retentionHours = 24;
    private int summariesAsked;
    private boolean consumer = true;
    private Runnable beforeRecords = () -> {};
    private Runnable beforeIterator = () -> {};
    private Runnable beforeSummary = () -> {};
    final List<String> registered = new ArrayList<>();
    final List<FakeSubscription> subscriptions = new CopyOnWriteArrayList<>();
    final List<GetShardIteratorRequest> iterators = new ArrayList<>();
    final List<String> iteratorsUsed = Collections.synchronizedList(new ArrayList<>());
    final List<Integer> limits = Collections.synchronizedList(new ArrayList<>());
    final List<ListShardsRequest> listings = new ArrayList<>();

    FakeKinesis answer(GetRecordsResponse response) {
        return answer(CompletableFuture.completedFuture(response));
    }

    /** An answer that the test gives when it wants to. */
    FakeKinesis answer(CompletableFuture<GetRecordsResponse> response) {
        answers.add(response);
        return this;
    }

    FakeKinesis fail(Throwable failure) {
        return answer(CompletableFuture.failedFuture(failure));
    }

    /** The next iterator that is asked for is refused. */
    FakeKinesis failIterator(Throwable failure) {
        iteratorFailures.add(failure);
        return this;
    }

    FakeKinesis page(ListShardsResponse response) {
        pages.add(response);
        return this;
    }

    /** The stream was deleted and made again. */
    void makeAgain(Instant instant) {
        created = instant;
    }

    /** The next summary that is asked for is what the test completes it with. */
    void summary(CompletableFuture<DescribeStreamSummaryResponse> summary) {
        summaries.add(summary);
    }

    synchronized int summariesAsked() {
        return summariesAsked;
    }

    DescribeStreamSummaryResponse summary() {
        return DescribeStreamSummaryResponse.builder()
                .streamDescriptionSummary(summary -> summary.streamARN("arn")
                        .streamCreationTimestamp(created)
                        .retentionPeriodHours(retentionHours))
                .build();
    }

    @Override
    public CompletableFuture<GetShardIteratorResponse> getShardIterator(GetShardIteratorRequest request) {
        beforeIterator.run();
        iterators.add(request);
        Throwable failure = iteratorFailures.poll();
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        return CompletableFuture.completedFuture(GetShardIteratorResponse.builder()
                .shardIterator("iterator-" + iterators.size())
                .build());
    }

    @Override
    public synchronized CompletableFuture<DescribeStreamSummaryResponse> describeStreamSummary(
            DescribeStreamSummaryRequest request) {
        beforeSummary.run();
        summariesAsked++;
        CompletableFuture<DescribeStreamSummaryResponse> laidOut = summaries.poll();
        return laidOut == null ? CompletableFuture.completedFuture(summary()) : laidOut;
    }

    /** Happens before an iterator is given. */
    FakeKinesis beforeIterator(Runnable event) {
        beforeIterator = event;
        return this;
    }

    /** Happens before a summary is given. */
    FakeKinesis beforeSummary(Runnable event) {
        beforeSummary = event;
        return this;
    }

    /** Happens before records are given. */
    void onGetRecords(Runnable event) {
        beforeRecords = event;
    }

    /** There is no consumer until one is registered. */
    void withoutConsumer() {
        consumer = false;
    }

    @Override
    public CompletableFuture<DescribeStreamConsumerResponse> describeStreamConsumer(
            Consumer<DescribeStreamConsumerRequest.Builder> request) {
        return consumer
                ? CompletableFuture.completedFuture(DescribeStreamConsumerResponse.builder()
                        .consumerDescription(described ->
                                described.consumerARN("arn/consumer").consumerStatus(ConsumerStatus.ACTIVE))
                        .build())
                : CompletableFuture.failedFuture(ResourceNotFoundException.builder()
                        .message("no consumer")
                        .build());
    }

    @Override
    public CompletableFuture<RegisterStreamConsumerResponse> registerStreamConsumer(
            Consumer<RegisterStreamConsumerRequest.Builder> request) {
        RegisterStreamConsumerRequest.Builder asked = RegisterStreamConsumerRequest.builder();
        request.accept(asked);
        registered.add(asked.build().consumerName());
        consumer = true;
        return CompletableFuture.completedFuture(RegisterStreamConsumerResponse.builder()
                .consumer(made -> made.consumerARN("arn/consumer").consumerStatus(ConsumerStatus.ACTIVE))
                .build());
    }

    @Override
    public CompletableFuture<Void> subscribeToShard(
            SubscribeToShardRequest request, SubscribeToShardResponseHandler handler) {
        FakeSubscription subscription = new FakeSubscription(request, handler);
        subscriptions.add(subscription);
        return subscription.call();
    }

    @Override
    public CompletableFuture<GetRecordsResponse> getRecords(GetRecordsRequest request) {
        beforeRecords.run();
        iteratorsUsed.add(request.shardIterator());
        limits.add(request.limit());
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
