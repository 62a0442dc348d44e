package dev.millrace.local.kinesis.server;

import dev.millrace.local.kinesis.fault.CallFaults;
import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.ConsumerName;
import dev.millrace.local.kinesis.protocol.PutEntry;
import dev.millrace.local.kinesis.protocol.Request;
import dev.millrace.local.kinesis.store.EntryJudge;
import dev.millrace.local.kinesis.store.FanOut;
import dev.millrace.local.kinesis.store.PutResult;
import dev.millrace.local.kinesis.store.ShardDescription;
import dev.millrace.local.kinesis.store.ShardPage;
import dev.millrace.local.kinesis.store.StreamDescription;
import dev.millrace.local.kinesis.store.StreamStore;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Carries requests out on the store. */
final class Operations {

    /** An answer to DescribeStream or ListStreams has no more, whatever Limit says. */
    private static final int MAX_PAGE = 100;

    private final StreamStore store;

    Operations(StreamStore store) {
        this.store = store;
    }

    /** @throws dev.millrace.local.kinesis.protocol.AwsFailure where AWS answers an error */
    Answer carryOut(Request request, CallFaults faults) {
        return switch (request) {
            case Request.PutRecords put -> Answers.put(store.put(put.stream(), put.entries(), judge(faults)));
            case Request.PutRecord put -> putRecord(put, faults);
            case Request.GetRecords get -> Answers.records(store.read(get.iterator(), get.limit()));
            case Request.GetShardIterator get ->
                Answers.iterator(store.iterator(get.stream(), get.shardId(), get.position()));
            case Request.ListShards list ->
                shards(store.listShards(list.stream(), list.exclusiveStartShardId(), list.filter(), list.maxResults()));
            case Request.ListMoreShards list -> shards(store.listMoreShards(list.nextToken(), list.maxResults()));
            case Request.DescribeStream describe -> describeStream(describe);
            case Request.DescribeStreamSummary describe -> Answers.summary(store.describe(describe.stream()));
            case Request.ListStreams list -> listStreams(list);
            case Request.UpdateShardCount(String stream, int target) ->
                Answers.shardCount(store.describe(stream), store.updateShardCount(stream, target), target);
            case Request.CreateStream(String stream, int shards) -> {
                store.createStream(stream, shards);
                yield Answer.EMPTY;
            }
            case Request.DeleteStream(String stream) -> {
                store.deleteStream(stream);
                yield Answer.EMPTY;
            }
            case Request.SplitShard split -> {
                store.splitShard(split.stream(), split.shardId(), split.newStartingHashKey());
                yield Answer.EMPTY;
            }
            case Request.MergeShards merge -> {
                store.mergeShards(merge.stream(), merge.shardId(), merge.adjacentShardId());
                yield Answer.EMPTY;
            }
            case Request.ChangeRetention(String stream, int hours, boolean increase) -> {
                store.changeRetention(stream, hours, increase);
                yield Answer.EMPTY;
            }
            case Request.RegisterStreamConsumer(String streamArn, String consumer) ->
                Answers.registered(store.fanOut().register(streamArn, consumer));
            case Request.DescribeStreamConsumer(ConsumerName consumer) ->
                Answers.consumer(store.fanOut().describe(consumer));
            case Request.ListStreamConsumers(String streamArn) ->
                Answers.consumers(store.fanOut().list(streamArn));
            case Request.DeregisterStreamConsumer(ConsumerName consumer) -> {
                store.fanOut().deregister(consumer);
                yield Answer.EMPTY;
            }
            case Request.SubscribeToShard _ -> throw new IllegalArgumentException("its answer has no end");
        };
    }

    /** @throws dev.millrace.local.kinesis.protocol.AwsFailure where AWS answers an error */
    FanOut.Subscription subscribe(Request.SubscribeToShard subscribe) {
        return store.fanOut().subscribe(subscribe.consumer(), subscribe.shardId(), subscribe.position());
    }

    private static String streamOfArn(String arn) {
        return arn.substring(arn.lastIndexOf('/') + 1);
    }

    /** The stream that a request concerns. */
    Optional<String> streamOf(Request request) {
        return switch (request) {
            case Request.PutRecords put -> Optional.of(put.stream());
            case Request.PutRecord put -> Optional.of(put.stream());
            case Request.GetRecords get -> store.targetOf(get.iterator()).map(List::getFirst);
            case Request.GetShardIterator get -> Optional.of(get.stream());
            case Request.ListShards list -> Optional.of(list.stream());
            case Request.ListMoreShards _, Request.ListStreams _ -> Optional.empty();
            case Request.DescribeStream describe -> Optional.of(describe.stream());
            case Request.DescribeStreamSummary describe -> Optional.of(describe.stream());
            case Request.UpdateShardCount update -> Optional.of(update.stream());
            case Request.CreateStream create -> Optional.of(create.stream());
            case Request.DeleteStream delete -> Optional.of(delete.stream());
            case Request.SplitShard split -> Optional.of(split.stream());
            case Request.MergeShards merge -> Optional.of(merge.stream());
            case Request.ChangeRetention change -> Optional.of(change.stream());
            case Request.RegisterStreamConsumer register -> Optional.of(streamOfArn(register.streamArn()));
            case Request.ListStreamConsumers list -> Optional.of(streamOfArn(list.streamArn()));
            case Request.DeregisterStreamConsumer(ConsumerName consumer) ->
                Optional.of(streamOfArn(consumer.streamArn()));
            case Request.DescribeStreamConsumer(ConsumerName consumer) ->
                Optional.of(streamOfArn(consumer.streamArn()));
            case Request.SubscribeToShard subscribe ->
                Optional.of(streamOfArn(subscribe.consumer().streamArn()));
        };
    }

    /** The shards whose records a request puts or reads. */
    Set<String> shardsOf(Request request) {
        return switch (request) {
            case Request.PutRecords put -> {
                var shards = new HashSet<String>();
                for (PutEntry entry : put.entries()) {
                    store.shardOf(put.stream(), entry.hashKey()).ifPresent(shards::add);
                }
                yield shards;
            }
            case Request.PutRecord put ->
                store.shardOf(put.stream(), put.entry().hashKey()).map(Set::of).orElse(Set.of());
            case Request.GetRecords get ->
                store.targetOf(get.iterator())
                        .map(target -> Set.of(target.getLast()))
                        .orElse(Set.of());
            case Request.GetShardIterator get -> Set.of(get.shardId());
            case Request.SubscribeToShard subscribe -> Set.of(subscribe.shardId());
            default -> Set.of();
        };
    }

    private Answer putRecord(Request.PutRecord put, CallFaults faults) {
        return switch (store.put(put.stream(), List.of(put.entry()), judge(faults))
                .getFirst()) {
            case PutResult.Stored stored -> Answers.put(stored.stored());
            case PutResult.Refused(AwsError error, String message) -> throw error.because(message);
        };
    }

    private Answer describeStream(Request.DescribeStream describe) {
        StreamDescription stream = store.describe(describe.stream());
        List<ShardDescription> rest = store.shards(describe.stream(), describe.exclusiveStartShardId());
        int page = Math.min(rest.size(), Math.min(describe.limit(), MAX_PAGE));
        return Answers.stream(stream, rest.subList(0, page), page < rest.size());
    }

    private Answer listStreams(Request.ListStreams list) {
        Optional<String> after = list.nextToken().map(Operations::openNextToken).or(list::exclusiveStartStreamName);
        List<StreamDescription> rest = store.streams(after);
        int page = Math.min(rest.size(), Math.min(list.limit(), MAX_PAGE));
        Optional<String> nextToken = page == rest.size()
                ? Optional.empty()
                : Optional.of(sealNextToken(rest.get(page - 1).name()));
        return Answers.streams(rest.subList(0, page), nextToken);
    }

    private static Answer shards(ShardPage page) {
        return Answers.shards(page.shards(), page.nextToken());
    }

    private static String sealNextToken(String lastName) {
        return Base64.getEncoder().encodeToString(lastName.getBytes(StandardCharsets.UTF_8));
    }

    private static String openNextToken(String nextToken) {
        try {
            return new String(Base64.getDecoder().decode(nextToken), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            throw AwsError.INVALID_ARGUMENT.because("Invalid NextToken.");
        }
    }

    private static EntryJudge judge(CallFaults faults) {
        return faults.entries().isEmpty() ? EntryJudge.ACCEPTS_ALL : faults::entryRefusal;
    }
}
