package dev.millrace.local.kinesis.protocol;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The operations of the Kinesis API (version 2013-12-02) that the emulator answers. */
public enum Operation {
    CREATE_STREAM("CreateStream"),
    DECREASE_STREAM_RETENTION_PERIOD("DecreaseStreamRetentionPeriod"),
    DELETE_STREAM("DeleteStream"),
    DEREGISTER_STREAM_CONSUMER("DeregisterStreamConsumer"),
    DESCRIBE_STREAM("DescribeStream"),
    DESCRIBE_STREAM_CONSUMER("DescribeStreamConsumer"),
    DESCRIBE_STREAM_SUMMARY("DescribeStreamSummary"),
    GET_RECORDS("GetRecords"),
    GET_SHARD_ITERATOR("GetShardIterator"),
    INCREASE_STREAM_RETENTION_PERIOD("IncreaseStreamRetentionPeriod"),
    LIST_SHARDS("ListShards"),
    LIST_STREAM_CONSUMERS("ListStreamConsumers"),
    LIST_STREAMS("ListStreams"),
    MERGE_SHARDS("MergeShards"),
    PUT_RECORD("PutRecord"),
    PUT_RECORDS("PutRecords"),
    REGISTER_STREAM_CONSUMER("RegisterStreamConsumer"),
    SPLIT_SHARD("SplitShard"),
    SUBSCRIBE_TO_SHARD("SubscribeToShard"),
    UPDATE_SHARD_COUNT("UpdateShardCount");

    private static final String TARGET_PREFIX = "Kinesis_20131202.";

    private static final Map<String, Operation> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Operation::awsName, Function.identity()));

    private final String awsName;

    Operation(String awsName) {
        this.awsName = awsName;
    }

    /** The name as AWS writes it, {@code PutRecords}. */
    public String awsName() {
        return awsName;
    }

    public static Optional<Operation> ofName(String awsName) {
        return Optional.ofNullable(BY_NAME.get(awsName));
    }

    /** The operation that an {@code X-Amz-Target} header names. */
    public static Optional<Operation> ofTarget(String target) {
        return target.startsWith(TARGET_PREFIX) ? ofName(target.substring(TARGET_PREFIX.length())) : Optional.empty();
    }
}
