package dev.millrace.processor.shard;

import static dev.millrace.processor.shard.LoopRig.temperature;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.store.DeadLetter;
import dev.millrace.processor.store.Position;
import dev.millrace.processor.store.Sample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchDecoderTest {

    private static final long T = FakeShard.ARRIVAL - 1_000;

    private final FakeShard shard = new FakeShard();

    private static BatchDecoder decoder(HashKeyRange range) {
        return new BatchDecoder(new ReadingDecoder(ReadingLimits.DEFAULT), range);
    }

    private Batch decode() {
        return decoder(LoopRig.ALL).next(shard.records().iterator(), Position.START, BatchDecoder.FULL);
    }

    private static List<Sample> samples(Batch batch) {
        return batch.items().stream()
                .filter(Batch.Accepted.class::isInstance)
                .map(item -> ((Batch.Accepted) item).reading())
                .flatMap(reading -> reading.measurements().stream()
                        .map(measurement -> new Sample(
                                new SeriesId(reading.sensorId(), measurement.name()),
                                reading.timestamp(),
                                measurement)))
                .toList();
    }

    private static List<DeadLetter> letters(Batch batch) {
        return batch.items().stream()
                .filter(Batch.Refused.class::isInstance)
                .map(item -> ((Batch.Refused) item).letter())
                .toList();
    }

    private Position position(int record, long subSequenceNumber) {
        return new Position(shard.records().get(record).sequenceNumber(), subSequenceNumber);
    }

    @Test
    void everyValueOfAnAggregateIsASampleInTheOrderOfTheStream() {
        shard.putAggregate(List.of(
                new Reading(
                        "oven-1",
                        T,
                        List.of(new Measurement.Numeric("temperature", 1), new Measurement.State("status", "ON"))),
                temperature("oven-2", T + 1, 2),
                temperature("oven-1", T, 3)));

        Batch batch = decode();

        assertEquals(
                List.of(
                        new Sample(new SeriesId("oven-1", "temperature"), T, new Measurement.Numeric("temperature", 1)),
                        new Sample(new SeriesId("oven-1", "status"), T, new Measurement.State("status", "ON")),
                        new Sample(
                                new SeriesId("oven-2", "temperature"),
                                T + 1,
                                new Measurement.Numeric("temperature", 2)),
                        new Sample(
                                new SeriesId("oven-1", "temperature"), T, new Measurement.Numeric("temperature", 3))),
                samples(batch));
        assertEquals(3, batch.items().size());
        assertEquals(1, batch.records());
        assertEquals(position(0, 2), batch.position());
        assertEquals(FakeShard.ARRIVAL, batch.arrivedTo());
    }

    @Test
    void plainRecordsAreReadingsToo() {
        shard.put("any key", "{\"sensorId\":\"oven-1\",\"temperature\":5}".getBytes(StandardCharsets.UTF_8));
        shard.put("any key", ReadingEncoder.encode(temperature("oven-1", T, 6)));

        Batch batch = decode();

        // without a timestamp of its own it has that of its arrival
        assertEquals(
                List.of(FakeShard.ARRIVAL, T),
                samples(batch).stream().map(Sample::at).toList());
        assertEquals(position(1, 0), batch.position());
        assertEquals(FakeShard.ARRIVAL, batch.arrivedFrom());
        assertEquals(FakeShard.ARRIVAL + 1_000, batch.arrivedTo());
    }

    @Test
    void anAggregateWithAKeyOfAnotherShardCountsForNothingButThePosition() {
        HashKey middle = HashKey.ofPartitionKey("oven-1");
        shard.putAggregate(List.of(temperature("oven-1", T, 1), temperature("oven-2", T, 2)));
        shard.putAggregate(List.of(temperature("oven-1", T, 3)));

        Batch batch = decoder(new HashKeyRange(middle, middle))
                .next(shard.records().iterator(), Position.START, BatchDecoder.FULL);

        assertEquals(1, batch.foreignAggregates());
        assertEquals(1, batch.items().size());
        assertEquals(
                List.of(new Measurement.Numeric("temperature", 3)),
                samples(batch).stream().map(Sample::measurement).toList());

        Batch alone = decoder(new HashKeyRange(middle, middle))
                .next(shard.records().subList(0, 1).iterator(), Position.START, BatchDecoder.FULL);
        assertEquals(position(0, 1), alone.position());
        assertEquals(0, alone.items().size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            no json                            | malformed       | ``        | The body is not valid JSON (line 1, column 4)
            ``                                 | malformed       | ``        | The body is empty (line 1, column 1)
            []                                 | malformed       | ``        | A record must be one object
            [{"sensorId":"a","t":1}]           | malformed       | ``        | A record must be one object
            {"sensorId":"a","t":1}{            | malformed       | ``        | The body goes on after its end (line 1, column 23)
            7                                  | invalid-reading | ``        | A reading must be an object
            {"t":1}                            | invalid-reading | sensorId  | The field is missing
            {"sensorId":"a","t":null}          | invalid-reading | t         | The value must be a number, a boolean or a text
            {"sensorId":"a","t":1,"timestamp":"2999-01-01T00:00:00Z"} | invalid-reading | timestamp | The time lies too far in the future
            """)
    void whatIsNoReadingIsADeadLetter(String data, String reason, String field, String detail) {
        shard.put("key", data.getBytes(StandardCharsets.UTF_8));

        Batch batch = decode();

        assertEquals(List.of(), samples(batch));
        assertEquals(1, batch.items().size());
        DeadLetter letter = letters(batch).getFirst();
        assertEquals(reason, letter.reason().text());
        assertEquals(field, letter.field());
        assertEquals(detail, letter.detail());
        assertEquals(position(0, 0), letter.position());
        assertEquals(data, new String(letter.record().data(), StandardCharsets.UTF_8));
    }

    @Test
    void anAggregateThatIsDamagedIsOneDeadLetterAndNothingOfItIsTaken() {
        shard.putAggregate(List.of(temperature("oven-1", T, 1), temperature("oven-2", T, 2)));
        byte[] whole = shard.records().getFirst().data();
        byte[] wrongChecksum = whole.clone();
        wrongChecksum[whole.length - 1] ^= 1;
        byte[] wrongContent = whole.clone();
        wrongContent[20] ^= 1;
        shard.put("key", wrongChecksum);
        shard.put("key", wrongContent);
        shard.put("key", Arrays.copyOf(whole, whole.length / 2));
        shard.putAggregate(List.of(temperature("oven-3", T, 3)));

        Batch batch = decode();

        assertEquals(
                List.of("oven-1", "oven-2", "oven-3"),
                samples(batch).stream()
                        .map(sample -> sample.series().sensorId())
                        .toList());
        assertEquals(
                List.of(position(1, 0), position(2, 0), position(3, 0)),
                letters(batch).stream().map(DeadLetter::position).toList());
        assertArrayEquals(wrongChecksum, letters(batch).getFirst().record().data());
        assertTrue(letters(batch).stream().allMatch(letter -> letter.reason() == DeadLetter.Reason.MALFORMED));
        assertEquals(position(4, 0), batch.position());
    }

    @Test
    void recordsOfAnotherServiceAreDeadLetters() throws IOException {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write("{\"messageType\":\"CONTROL_MESSAGE\"}".getBytes(StandardCharsets.UTF_8));
        }
        // CloudWatch Logs, DynamoDB streams, DMS
        shard.put("key", zipped.toByteArray());
        shard.put("key", "{\"awsRegion\":\"eu-central-1\",\"dynamodb\":{}}".getBytes(StandardCharsets.UTF_8));
        shard.put("key", "{\"data\":{\"id\":1},\"metadata\":{}}".getBytes(StandardCharsets.UTF_8));
        shard.put("key", ReadingEncoder.encode(temperature("oven-1", T, 6)));

        Batch batch = decode();

        assertEquals(
                List.of(
                        DeadLetter.Reason.MALFORMED,
                        DeadLetter.Reason.INVALID_READING,
                        DeadLetter.Reason.INVALID_READING),
                letters(batch).stream().map(DeadLetter::reason).toList());
        assertEquals(1, samples(batch).size());
    }

    @Test
    void aReadingThatIsTooLargeIsADeadLetter() {
        shard.put(
                "key",
                ("{\"sensorId\":\"a\",\"t\":1" + " ".repeat(Reading.MAX_BYTES) + "}").getBytes(StandardCharsets.UTF_8));

        assertEquals(DeadLetter.Reason.TOO_LARGE, letters(decode()).getFirst().reason());
    }

    @Test
    void cutsBatchesAtWholeRecords() {
        for (int record = 0; record < 5; record++) {
            shard.putAggregate(IntStream.range(0, 2_000)
                    .mapToObj(i -> temperature("oven-1", T + i, 1))
                    .toList());
        }
        Iterator<ShardRecord> records = shard.records().iterator();
        BatchDecoder decoder = decoder(LoopRig.ALL);

        assertEquals(
                position(2, 1_999),
                decoder.next(records, Position.START, BatchDecoder.FULL).position());
        assertEquals(
                position(4, 1_999),
                decoder.next(records, Position.START, BatchDecoder.FULL).position());
        assertFalse(records.hasNext());
    }

    @Property(tries = 300)
    void anyBytesAreAReadingOrADeadLetter(@ForAll @Size(max = 5) List<byte[]> garbage) {
        FakeShard any = new FakeShard();
        garbage.forEach(bytes -> any.put("key", bytes));
        any.put("key", new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2});

        Batch batch = decoder(LoopRig.ALL).next(any.records().iterator(), Position.START, BatchDecoder.FULL);

        assertEquals(garbage.size() + 1, batch.records());
        // the last one is none
        assertTrue(letters(batch).size() >= 1);
        assertEquals(garbage.size() + 1, batch.items().size());
    }

    @Test
    void whatLiesAtAPositionOrBeforeItInItsRecordIsPassedOver() {
        shard.putAggregate(List.of(temperature("oven-1", T, 1), temperature("oven-1", T + 1, 2)));
        shard.putAggregate(List.of(temperature("oven-1", T + 2, 3)));

        Batch batch = decoder(LoopRig.ALL).next(shard.records().iterator(), position(0, 0), BatchDecoder.FULL);

        assertEquals(
                List.of(T + 1, T + 2), samples(batch).stream().map(Sample::at).toList());

        Batch alone =
                decoder(LoopRig.ALL).next(shard.records().subList(0, 1).iterator(), position(0, 1), BatchDecoder.FULL);
        assertEquals(List.of(), alone.items());
        assertEquals(position(0, 1), alone.position());
    }
}
