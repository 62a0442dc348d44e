package dev.millrace.local.kinesis.server;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.WireFormat;
import dev.millrace.local.kinesis.store.Consumer;
import dev.millrace.local.kinesis.store.FanOut;
import dev.millrace.local.kinesis.store.PutResult;
import dev.millrace.local.kinesis.store.ReadResult;
import dev.millrace.local.kinesis.store.ShardDescription;
import dev.millrace.local.kinesis.store.StoredRecord;
import dev.millrace.local.kinesis.store.StreamDescription;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The bodies of the API's answers, member by member as the API reference names them. */
final class Answers {

    private Answers() {}

    static Answer error(AwsError error, String message) {
        return (_, out) -> {
            out.writeStartObject();
            out.writeStringField("__type", error.code());
            out.writeStringField("message", message);
            out.writeEndObject();
        };
    }

    static Answer put(StoredRecord stored) {
        return (_, out) -> {
            out.writeStartObject();
            out.writeStringField("ShardId", stored.shardId());
            out.writeStringField("SequenceNumber", stored.sequenceNumber());
            out.writeStringField("EncryptionType", "NONE");
            out.writeEndObject();
        };
    }

    static Answer put(List<PutResult> results) {
        return (_, out) -> {
            out.writeStartObject();
            out.writeStringField("EncryptionType", "NONE");
            out.writeNumberField(
                    "FailedRecordCount",
                    results.stream().filter(PutResult.Refused.class::isInstance).count());
            out.writeArrayFieldStart("Records");
            for (PutResult result : results) {
                out.writeStartObject();
                switch (result) {
                    case PutResult.Stored(StoredRecord stored) -> {
                        out.writeStringField("SequenceNumber", stored.sequenceNumber());
                        out.writeStringField("ShardId", stored.shardId());
                    }
                    case PutResult.Refused(AwsError error, String message) -> {
                        out.writeStringField("ErrorCode", error.code());
                        out.writeStringField("ErrorMessage", message);
                    }
                }
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        };
    }

    static Answer iterator(String iterator) {
        return (_, out) -> {
            out.writeStartObject();
            out.writeStringField("ShardIterator", iterator);
            out.writeEndObject();
        };
    }

    static Answer records(ReadResult read) {
        return (format, out) -> {
            out.writeStartObject();
            writeRecords(format, out, read.records());
            writeOptional(out, "NextShardIterator", read.nextIterator());
            out.writeNumberField("MillisBehindLatest", read.millisBehindLatest());
            writeChildShards(out, read.childShards());
            out.writeEndObject();
        };
    }

    static Answer event(FanOut.Push.Event event) {
        return (format, out) -> {
            out.writeStartObject();
            writeRecords(format, out, event.records());
            writeOptional(out, "ContinuationSequenceNumber", event.continuation());
            out.writeNumberField("MillisBehindLatest", event.millisBehind());
            writeChildShards(out, event.childShards());
            out.writeEndObject();
        };
    }

    static Answer registered(Consumer consumer) {
        return (format, out) -> {
            out.writeStartObject();
            out.writeFieldName("Consumer");
            writeConsumer(format, out, consumer, false);
            out.writeEndObject();
        };
    }

    static Answer consumer(Consumer consumer) {
        return (format, out) -> {
            out.writeStartObject();
            out.writeFieldName("ConsumerDescription");
            writeConsumer(format, out, consumer, true);
            out.writeEndObject();
        };
    }

    static Answer consumers(List<Consumer> consumers) {
        return (format, out) -> {
            out.writeStartObject();
            out.writeArrayFieldStart("Consumers");
            for (Consumer consumer : consumers) {
                writeConsumer(format, out, consumer, false);
            }
            out.writeEndArray();
            out.writeEndObject();
        };
    }

    private static void writeConsumer(WireFormat format, JsonGenerator out, Consumer consumer, boolean withStream)
            throws IOException {
        out.writeStartObject();
        out.writeStringField("ConsumerName", consumer.name());
        out.writeStringField("ConsumerARN", consumer.arn());
        out.writeStringField("ConsumerStatus", consumer.status().name());
        out.writeFieldName("ConsumerCreationTimestamp");
        format.writeTimestamp(out, consumer.created().toEpochMilli());
        if (withStream) {
            out.writeStringField("StreamARN", consumer.streamArn());
        }
        out.writeEndObject();
    }

    private static void writeRecords(WireFormat format, JsonGenerator out, List<StoredRecord> records)
            throws IOException {
        out.writeArrayFieldStart("Records");
        for (StoredRecord stored : records) {
            out.writeStartObject();
            out.writeStringField("SequenceNumber", stored.sequenceNumber());
            out.writeFieldName("ApproximateArrivalTimestamp");
            format.writeTimestamp(out, stored.arrivedAt());
            out.writeBinaryField("Data", stored.data());
            out.writeStringField("PartitionKey", stored.partitionKey());
            out.writeStringField("EncryptionType", "NONE");
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void writeChildShards(JsonGenerator out, List<ReadResult.ChildShard> childShards)
            throws IOException {
        if (childShards.isEmpty()) {
            return;
        }
        out.writeArrayFieldStart("ChildShards");
        for (ReadResult.ChildShard child : childShards) {
            out.writeStartObject();
            out.writeStringField("ShardId", child.shard().id());
            out.writeArrayFieldStart("ParentShards");
            for (String parent : child.parents()) {
                out.writeString(parent);
            }
            out.writeEndArray();
            writeRange(out, child.shard().range());
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    static Answer shards(List<ShardDescription> shards, Optional<String> nextToken) {
        return (_, out) -> {
            out.writeStartObject();
            writeShards(out, shards);
            writeOptional(out, "NextToken", nextToken);
            out.writeEndObject();
        };
    }

    static Answer stream(StreamDescription stream, List<ShardDescription> shards, boolean hasMoreShards) {
        return (format, out) -> {
            out.writeStartObject();
            out.writeObjectFieldStart("StreamDescription");
            writeStream(format, out, stream);
            writeShards(out, shards);
            out.writeBooleanField("HasMoreShards", hasMoreShards);
            out.writeEndObject();
            out.writeEndObject();
        };
    }

    static Answer summary(StreamDescription stream) {
        return (format, out) -> {
            out.writeStartObject();
            out.writeObjectFieldStart("StreamDescriptionSummary");
            writeStream(format, out, stream);
            out.writeNumberField("OpenShardCount", stream.openShards());
            out.writeNumberField("ConsumerCount", stream.consumers());
            out.writeEndObject();
            out.writeEndObject();
        };
    }

    static Answer streams(List<StreamDescription> streams, Optional<String> nextToken) {
        return (format, out) -> {
            out.writeStartObject();
            out.writeArrayFieldStart("StreamNames");
            for (StreamDescription stream : streams) {
                out.writeString(stream.name());
            }
            out.writeEndArray();
            out.writeBooleanField("HasMoreStreams", nextToken.isPresent());
            writeOptional(out, "NextToken", nextToken);
            out.writeArrayFieldStart("StreamSummaries");
            for (StreamDescription stream : streams) {
                out.writeStartObject();
                writeIdentity(format, out, stream);
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        };
    }

    static Answer shardCount(StreamDescription stream, int current, int target) {
        return (_, out) -> {
            out.writeStartObject();
            out.writeStringField("StreamName", stream.name());
            out.writeStringField("StreamARN", stream.arn());
            out.writeNumberField("CurrentShardCount", current);
            out.writeNumberField("TargetShardCount", target);
            out.writeEndObject();
        };
    }

    private static void writeIdentity(WireFormat format, JsonGenerator out, StreamDescription stream)
            throws IOException {
        out.writeStringField("StreamName", stream.name());
        out.writeStringField("StreamARN", stream.arn());
        out.writeStringField("StreamStatus", stream.status().name());
        out.writeObjectFieldStart("StreamModeDetails");
        out.writeStringField("StreamMode", "PROVISIONED");
        out.writeEndObject();
        out.writeFieldName("StreamCreationTimestamp");
        format.writeTimestamp(out, stream.created().toEpochMilli());
    }

    private static void writeStream(WireFormat format, JsonGenerator out, StreamDescription stream) throws IOException {
        writeIdentity(format, out, stream);
        // The API counts retention in hours; a shorter one, which a test may want, shows as the hour begun.
        out.writeNumberField(
                "RetentionPeriodHours",
                Math.ceilDiv(stream.retention().toMillis(), Duration.ofHours(1).toMillis()));
        out.writeArrayFieldStart("EnhancedMonitoring");
        out.writeStartObject();
        out.writeArrayFieldStart("ShardLevelMetrics");
        out.writeEndArray();
        out.writeEndObject();
        out.writeEndArray();
        out.writeStringField("EncryptionType", "NONE");
    }

    private static void writeShards(JsonGenerator out, List<ShardDescription> shards) throws IOException {
        out.writeArrayFieldStart("Shards");
        for (ShardDescription shard : shards) {
            out.writeStartObject();
            out.writeStringField("ShardId", shard.id());
            writeOptional(out, "ParentShardId", shard.parent());
            writeOptional(out, "AdjacentParentShardId", shard.adjacentParent());
            writeRange(out, shard.range());
            out.writeObjectFieldStart("SequenceNumberRange");
            out.writeStringField("StartingSequenceNumber", shard.startingSequenceNumber());
            writeOptional(out, "EndingSequenceNumber", shard.endingSequenceNumber());
            out.writeEndObject();
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void writeRange(JsonGenerator out, HashKeyRange range) throws IOException {
        out.writeObjectFieldStart("HashKeyRange");
        out.writeStringField("StartingHashKey", range.start().toString());
        out.writeStringField("EndingHashKey", range.end().toString());
        out.writeEndObject();
    }

    private static void writeOptional(JsonGenerator out, String name, Optional<String> value) throws IOException {
        if (value.isPresent()) {
            out.writeStringField(name, value.get());
        }
    }
}
