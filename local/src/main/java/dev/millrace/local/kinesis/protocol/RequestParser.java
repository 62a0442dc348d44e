package dev.millrace.local.kinesis.protocol;

import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Turns a body into a {@link Request}.
 *
 * <p>The sizes are the API's classic ones: 1 MiB a record and 5 MiB a PutRecords, data and partition keys. AWS lets a
 * stream be configured for larger records; this does not.
 */
public final class RequestParser {

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]+");
    private static final Pattern SEQUENCE_NUMBER = Pattern.compile("0|([1-9]\\d{0,128})");
    private static final Pattern STREAM_ARN = Pattern.compile("arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+");
    private static final Pattern CONSUMER_ARN =
            Pattern.compile("arn:aws.*:kinesis:.*:\\d{12}:stream/[a-zA-Z0-9_.-]+/consumer/[a-zA-Z0-9_.-]+:[0-9]+");
    private static final Pattern ANYTHING = Pattern.compile("(?s).*");

    private static final int MAX_NAME_LENGTH = 128;
    private static final int MAX_PAGE = 10_000;
    private static final int DEFAULT_PAGE = 100;
    private static final int DEFAULT_SHARD_PAGE = 1_000;
    private static final int MAX_TOKEN_LENGTH = 1_048_576;
    private static final int MAX_ITERATOR_LENGTH = 512;
    private static final int MIN_RETENTION_HOURS = 24;
    private static final int MAX_RETENTION_HOURS = 365 * 24;

    private RequestParser() {}

    /**
     * Parses a call's parameters.
     *
     * @throws AwsFailure SerializationException if the body is not well-formed, ValidationException or
     *     InvalidArgumentException if a parameter is missing or breaks the API's rules
     */
    public static Request parse(Operation operation, WireFormat format, byte[] body) {
        try {
            return parse(operation, Fields.read(format, body));
        } catch (IOException _) {
            // Jackson's message holds an excerpt of the body; the client learns that it is malformed, no more.
            throw AwsError.SERIALIZATION.because("the body is not well-formed");
        }
    }

    private static Request parse(Operation operation, Fields fields) {
        return switch (operation) {
            case CREATE_STREAM -> createStream(fields);
            case DELETE_STREAM -> new Request.DeleteStream(stream(fields));
            case DESCRIBE_STREAM ->
                new Request.DescribeStream(
                        stream(fields), page(fields, "Limit", DEFAULT_PAGE), name(fields, "ExclusiveStartShardId"));
            case DESCRIBE_STREAM_SUMMARY -> new Request.DescribeStreamSummary(stream(fields));
            case LIST_STREAMS ->
                new Request.ListStreams(
                        page(fields, "Limit", DEFAULT_PAGE),
                        name(fields, "ExclusiveStartStreamName"),
                        fields.text("NextToken", ANYTHING, MAX_TOKEN_LENGTH));
            case LIST_SHARDS -> listShards(fields);
            case PUT_RECORD -> {
                fields.text("SequenceNumberForOrdering", SEQUENCE_NUMBER, Integer.MAX_VALUE);
                yield new Request.PutRecord(stream(fields), fields.entry());
            }
            case PUT_RECORDS -> new Request.PutRecords(stream(fields), fields.entries());
            case GET_SHARD_ITERATOR ->
                new Request.GetShardIterator(stream(fields), requiredName(fields, "ShardId"), startingPosition(fields));
            case GET_RECORDS ->
                new Request.GetRecords(
                        fields.required("ShardIterator", fields.text("ShardIterator", ANYTHING, MAX_ITERATOR_LENGTH)),
                        page(fields, "Limit", MAX_PAGE));
            case SPLIT_SHARD ->
                new Request.SplitShard(
                        stream(fields), requiredName(fields, "ShardToSplit"), fields.hashKey("NewStartingHashKey"));
            case MERGE_SHARDS ->
                new Request.MergeShards(
                        stream(fields),
                        requiredName(fields, "ShardToMerge"),
                        requiredName(fields, "AdjacentShardToMerge"));
            case UPDATE_SHARD_COUNT -> updateShardCount(fields);
            case REGISTER_STREAM_CONSUMER ->
                new Request.RegisterStreamConsumer(streamArn(fields), requiredName(fields, "ConsumerName"));
            case DEREGISTER_STREAM_CONSUMER -> new Request.DeregisterStreamConsumer(consumer(fields));
            case DESCRIBE_STREAM_CONSUMER -> new Request.DescribeStreamConsumer(consumer(fields));
            case LIST_STREAM_CONSUMERS -> new Request.ListStreamConsumers(streamArn(fields));
            case SUBSCRIBE_TO_SHARD -> subscribeToShard(fields);
            case INCREASE_STREAM_RETENTION_PERIOD -> new Request.ChangeRetention(stream(fields), hours(fields), true);
            case DECREASE_STREAM_RETENTION_PERIOD -> new Request.ChangeRetention(stream(fields), hours(fields), false);
        };
    }

    private static Request createStream(Fields fields) {
        if (!fields.text("StreamModeDetails.StreamMode").orElse("PROVISIONED").equals("PROVISIONED")) {
            throw AwsError.VALIDATION.because("This emulator has streams in PROVISIONED mode only.");
        }
        return new Request.CreateStream(
                requiredName(fields, "StreamName"), fields.requiredInteger("ShardCount", 1, Integer.MAX_VALUE));
    }

    private static Request updateShardCount(Fields fields) {
        if (!fields.required("ScalingType", fields.text("ScalingType")).equals("UNIFORM_SCALING")) {
            throw AwsError.VALIDATION.because("1 validation error detected: Value at 'scalingType' failed to satisfy "
                    + "constraint: Member must satisfy enum value set: [UNIFORM_SCALING]");
        }
        return new Request.UpdateShardCount(
                stream(fields), fields.requiredInteger("TargetShardCount", 1, Integer.MAX_VALUE));
    }

    private static Request listShards(Fields fields) {
        int maxResults = page(fields, "MaxResults", DEFAULT_SHARD_PAGE);
        Optional<String> nextToken = fields.text("NextToken", ANYTHING, MAX_TOKEN_LENGTH);
        if (nextToken.isPresent()) {
            if (fields.text("StreamName").isPresent()
                    || fields.text("StreamARN").isPresent()) {
                throw AwsError.INVALID_ARGUMENT.because("NextToken and StreamName cannot be provided together.");
            }
            return new Request.ListMoreShards(nextToken.get(), maxResults);
        }
        Optional<String> exclusiveStart = name(fields, "ExclusiveStartShardId");
        return new Request.ListShards(stream(fields), exclusiveStart, shardFilter(fields), maxResults);
    }

    private static ShardFilter shardFilter(Fields fields) {
        Optional<String> type = fields.text("ShardFilter.Type");
        if (type.isEmpty()) {
            return new ShardFilter.All();
        }
        return switch (type.get()) {
            case "FROM_TRIM_HORIZON" -> new ShardFilter.All();
            case "AT_TRIM_HORIZON" -> new ShardFilter.AtTrimHorizon();
            case "AT_LATEST" -> new ShardFilter.AtLatest();
            case "AFTER_SHARD_ID" ->
                new ShardFilter.AfterShardId(fields.text("ShardFilter.ShardId", NAME, MAX_NAME_LENGTH)
                        .orElseThrow(() -> AwsError.INVALID_ARGUMENT.because("ShardId must be provided.")));
            case "AT_TIMESTAMP" ->
                new ShardFilter.AtTimestamp(fields.timestamp("ShardFilter.Timestamp")
                        .orElseThrow(() -> AwsError.INVALID_ARGUMENT.because("Timestamp must be provided.")));
            case "FROM_TIMESTAMP" ->
                new ShardFilter.FromTimestamp(fields.timestamp("ShardFilter.Timestamp")
                        .orElseThrow(() -> AwsError.INVALID_ARGUMENT.because("Timestamp must be provided.")));
            default ->
                throw AwsError.VALIDATION.because("1 validation error detected: Value at 'shardFilter.type' failed to "
                        + "satisfy constraint: Member must satisfy enum value set: [AFTER_SHARD_ID, AT_TRIM_HORIZON, "
                        + "FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP, FROM_TIMESTAMP]");
        };
    }

    private static Request subscribeToShard(Fields fields) {
        return new Request.SubscribeToShard(
                consumer(fields),
                requiredName(fields, "ShardId"),
                startingPosition(
                        fields,
                        "StartingPosition.Type",
                        "StartingPosition.SequenceNumber",
                        "StartingPosition.Timestamp"));
    }

    /** By its own ARN, or by its stream's and its name. */
    private static ConsumerName consumer(Fields fields) {
        Optional<String> arn = fields.text("ConsumerARN", CONSUMER_ARN, 2_048);
        if (arn.isEmpty()) {
            return new ConsumerName(streamArn(fields), requiredName(fields, "ConsumerName"), arn);
        }
        String[] parts = arn.get().split("/consumer/", 2);
        return new ConsumerName(parts[0], parts[1].substring(0, parts[1].indexOf(':')), arn);
    }

    private static String streamArn(Fields fields) {
        return fields.required("StreamARN", fields.text("StreamARN", STREAM_ARN, 2_048));
    }

    private static StartingPosition startingPosition(Fields fields) {
        return startingPosition(fields, "ShardIteratorType", "StartingSequenceNumber", "Timestamp");
    }

    private static StartingPosition startingPosition(
            Fields fields, String type, String sequenceNumber, String timestamp) {
        return switch (fields.required(type, fields.text(type))) {
            case "TRIM_HORIZON" -> new StartingPosition.TrimHorizon();
            case "LATEST" -> new StartingPosition.Latest();
            case "AT_SEQUENCE_NUMBER" ->
                new StartingPosition.AtSequenceNumber(startingSequenceNumber(fields, sequenceNumber));
            case "AFTER_SEQUENCE_NUMBER" ->
                new StartingPosition.AfterSequenceNumber(startingSequenceNumber(fields, sequenceNumber));
            case "AT_TIMESTAMP" ->
                new StartingPosition.AtTimestamp(fields.timestamp(timestamp)
                        .orElseThrow(() -> AwsError.INVALID_ARGUMENT.because(
                                "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.")));
            default ->
                throw AwsError.VALIDATION.because("1 validation error detected: Value at 'shardIteratorType' failed to "
                        + "satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, "
                        + "AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]");
        };
    }

    private static String startingSequenceNumber(Fields fields, String name) {
        return fields.text(name, SEQUENCE_NUMBER, Integer.MAX_VALUE)
                .orElseThrow(() -> AwsError.INVALID_ARGUMENT.because(
                        "Must specify startingSequenceNumber parameter for this type of iterator."));
    }

    /** The stream's name, of {@code StreamName} or out of {@code StreamARN}. */
    private static String stream(Fields fields) {
        Optional<String> byName = name(fields, "StreamName");
        Optional<String> byArn = fields.text("StreamARN", STREAM_ARN, 2_048)
                .map(arn -> arn.substring(arn.indexOf(":stream/") + ":stream/".length()));
        if (byName.isPresent() && byArn.isPresent() && !byName.equals(byArn)) {
            throw AwsError.INVALID_ARGUMENT.because("StreamName and StreamARN do not name the same stream.");
        }
        return byName.or(() -> byArn)
                .orElseThrow(() -> AwsError.INVALID_ARGUMENT.because("StreamName or StreamARN must be provided."));
    }

    private static Optional<String> name(Fields fields, String member) {
        return fields.text(member, NAME, MAX_NAME_LENGTH);
    }

    private static String requiredName(Fields fields, String member) {
        return fields.required(member, name(fields, member));
    }

    private static int page(Fields fields, String member, int defaultValue) {
        return fields.integer(member, 1, MAX_PAGE).orElse(defaultValue);
    }

    private static int hours(Fields fields) {
        return fields.requiredInteger("RetentionPeriodHours", MIN_RETENTION_HOURS, MAX_RETENTION_HOURS);
    }
}
