package dev.millrace.processor.shard;

import dev.millrace.processor.store.Position;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Reads a shard by GetRecords. An iterator that has expired, five minutes after it was given out, is replaced. */
public final class KinesisShardReader implements ShardReader {

    private final KinesisAsyncClient client;
    private final KinesisCalls calls;
    private final String stream;
    private final String shardId;
    private String lastRead = "";
    private @Nullable String iterator;

    public KinesisShardReader(KinesisAsyncClient client, Vertx vertx, String stream, String shardId) {
        this.client = client;
        this.calls = new KinesisCalls(vertx);
        this.stream = stream;
        this.shardId = shardId;
    }

    @Override
    public void seek(ReadFrom from) {
        lastRead = from instanceof ReadFrom.Resume(Position position) ? position.sequenceNumber() : "";
        iterator = null;
    }

    @Override
    public void readAhead(long delayMillis) {
        // nothing is read ahead yet
    }

    @Override
    public void close() {
        iterator = null;
    }

    @Override
    public ShardRead read() {
        try {
            return records();
        } catch (KinesisCalls.Failure e) {
            if (!e.is(ExpiredIteratorException.class)) {
                return failed(e);
            }
        }
        iterator = null;
        try {
            return records();
        } catch (KinesisCalls.Failure e) {
            return failed(e);
        }
    }

    private static ShardRead failed(KinesisCalls.Failure failure) {
        return failure.is(ProvisionedThroughputExceededException.class)
                ? new ShardRead.Throttled(failure.reason())
                : new ShardRead.Failed(failure.reason());
    }

    private ShardRead records() throws KinesisCalls.Failure {
        if (iterator == null) {
            iterator = newIterator();
        }
        GetRecordsResponse answer = calls.await(client.getRecords(
                GetRecordsRequest.builder().shardIterator(iterator).build()));
        iterator = answer.nextShardIterator();
        List<ShardRecord> records = new ArrayList<>(answer.records().size());
        for (Record record : answer.records()) {
            lastRead = record.sequenceNumber();
            records.add(new ShardRecord(
                    record.sequenceNumber(),
                    record.partitionKey(),
                    KinesisCalls.micros(record.approximateArrivalTimestamp()),
                    record.data().asByteArrayUnsafe()));
        }
        Long behind = answer.millisBehindLatest();
        return new ShardRead.Records(records, behind == null ? 0 : behind, answer.nextShardIterator() == null, 0);
    }

    private String newIterator() throws KinesisCalls.Failure {
        GetShardIteratorRequest.Builder request =
                GetShardIteratorRequest.builder().streamName(stream).shardId(shardId);
        if (lastRead.isEmpty()) {
            request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
        } else {
            request.shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER).startingSequenceNumber(lastRead);
        }
        return calls.await(client.getShardIterator(request.build())).shardIterator();
    }
}
