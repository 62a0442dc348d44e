package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.store.Position;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.Record;

/** A reader of one shard over a Kinesis that answers what a test lays out. */
abstract class KinesisReading {

    static final long BUDGET = 3 * ReadSize.MAX_ANSWER_BYTES;

    static final Instant CLOCK = Instant.parse("2026-05-02T10:00:00.5Z");
    static final ReadFrom.Resume RESUME = new ReadFrom.Resume(new Position("41", 7));

    final Vertx vertx = Vertx.vertx();
    final FakeKinesis kinesis = new FakeKinesis();
    final ReadBudget budget = new ReadBudget(BUDGET);
    private final AtomicLong passed = new AtomicLong();
    private final KinesisReaders readers =
            new KinesisReaders(kinesis, vertx, "stream", budget, () -> CLOCK, () -> System.nanoTime() + passed.get());
    final ShardReader reader = readers.reader(KinesisCalls.micros(FakeKinesis.CREATED), "shardId-0");

    @AfterEach
    void close() {
        vertx.close().await();
    }

    static GetRecordsResponse.Builder answer(String... sequenceNumbers) {
        return GetRecordsResponse.builder()
                .records(List.of(sequenceNumbers).stream()
                        .map(number -> record(number).build())
                        .toList())
                .nextShardIterator("next")
                .millisBehindLatest(7L);
    }

    static Record.Builder record(String sequenceNumber) {
        return Record.builder()
                .sequenceNumber(sequenceNumber)
                .partitionKey("key")
                .approximateArrivalTimestamp(Instant.ofEpochMilli(1_764_849_600_123L))
                .data(SdkBytes.fromUtf8String("data"));
    }

    /** Time passes for the reader. */
    void pass(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    static ShardRead.Records records(ShardRead read) {
        return assertInstanceOf(ShardRead.Records.class, read);
    }

    static <T extends AwsServiceException.Builder> T described(T failure, String code, String date) {
        failure.awsErrorDetails(AwsErrorDetails.builder()
                .errorCode(code)
                .errorMessage("because")
                .sdkHttpResponse(dated(date))
                .build());
        return failure;
    }

    static SdkHttpResponse dated(String date) {
        return SdkHttpResponse.builder().putHeader("Date", date).build();
    }

    static Throwable invalid(String date) {
        return described(InvalidArgumentException.builder(), "InvalidArgumentException", date)
                .build();
    }

    static Throwable expired() {
        return ExpiredIteratorException.builder().message("expired").build();
    }

    static List<String> numbers(ShardRead read) {
        return records(read).records().stream().map(ShardRecord::sequenceNumber).toList();
    }

    GetShardIteratorRequest lastIterator() {
        return kinesis.iterators.getLast();
    }

    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not within two minutes");
            LockSupport.parkNanos(2_000_000);
        }
    }
}
