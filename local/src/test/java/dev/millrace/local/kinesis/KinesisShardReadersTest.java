package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.processor.shard.KinesisReaders;
import dev.millrace.processor.shard.ReadBudget;
import dev.millrace.processor.shard.ReadFrom;
import dev.millrace.processor.shard.ShardRead;
import dev.millrace.processor.shard.ShardReader;
import dev.millrace.processor.shard.ShardRecord;
import dev.millrace.processor.store.Position;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The processor's readers against the emulator, through the unmodified SDK. */
class KinesisShardReadersTest {

    private static final Duration LIFETIME = Duration.ofSeconds(30);

    private final KinesisRig rig = new KinesisRig(
            KinesisRig.config(1).withSubscriptionLifetime(LIFETIME).withRetention(Duration.ofHours(1)));
    private final ReadBudget budget = new ReadBudget(64 * 1024 * 1024);
    private final KinesisReaders polling =
            new KinesisReaders(rig.client, rig.vertx, STREAM, budget, Instant::now, System::nanoTime);
    private final List<String> read = new ArrayList<>();
    private ShardReader reader = polling.reader(created(), SHARD_0);

    @AfterEach
    void stop() {
        reader.close();
        assertEquals(0, budget.held());
        rig.close();
    }

    private long created() {
        Instant created = rig.emulator.describe(STREAM).created();
        return TimeUnit.MILLISECONDS.toMicros(created.toEpochMilli());
    }

    private void fanOut() {
        reader = polling.withFanOut(rig.client, "processor", new Random(1)).reader(created(), SHARD_0);
    }

    private ShardRead.Records read() {
        ShardRead.Records records = assertInstanceOf(ShardRead.Records.class, reader.read());
        records.records().stream()
                .map(ShardRecord::data)
                .map(data -> new String(data, StandardCharsets.UTF_8))
                .forEach(read::add);
        return records;
    }

    private void readUntil(List<String> expected) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (read.size() < expected.size()) {
            assertTrue(System.nanoTime() < deadline, () -> "not within 30 s: " + read);
            read();
        }
        assertEquals(expected, read);
    }

    private void readUntilPushed() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!reader.waitsForRecords()) {
            assertTrue(System.nanoTime() < deadline, "no subscription within 30 s");
            read();
        }
    }

    @Test
    void tellsWhenKinesisAnsweredByItsOwnClock() {
        reader.seek(new ReadFrom.TrimHorizon());

        // whole seconds of the emulator's clock, which stands in another year than ours
        assertEquals(TimeUnit.MILLISECONDS.toMicros(rig.clock.millis() / 1_000 * 1_000), read().answeredAt());
    }

    @Test
    void resumesBehindTheHorizonWhereThePositionWasTrimmed() {
        String first = rig.put("a", "one");
        rig.clock.advance(Duration.ofMinutes(50));
        rig.put("a", "two");
        reader.seek(new ReadFrom.Resume(new Position(first, 0)));
        readUntil(List.of("one", "two"));

        rig.clock.advance(Duration.ofMinutes(20));
        reader.seek(new ReadFrom.Resume(new Position(first, 0)));
        readUntil(List.of("one", "two", "two"));
    }

    @Test
    void aPlaceThatWasTrimmedWhileNobodyCouldReadIsLost() {
        rig.put("a", "one");
        reader.seek(new ReadFrom.TrimHorizon());
        readUntil(List.of("one"));

        rig.clock.advance(Duration.ofHours(2));
        rig.put("a", "two");

        assertEquals(new ShardRead.PlaceLost(), reader.read());
    }

    @Test
    void anInstantThatIsYetToComeIsWaitedFor() {
        Instant soon = rig.clock.instant().plusSeconds(60);
        rig.put("a", "before");
        reader.seek(new ReadFrom.At(TimeUnit.MILLISECONDS.toMicros(soon.toEpochMilli())));
        assertEquals(List.of(), read().records());

        rig.clock.advance(Duration.ofSeconds(61));
        rig.put("a", "after");
        readUntil(List.of("after"));
    }

    @Test
    void failsOnceTheStreamWasMadeAgain() {
        long created = created();
        reader.seek(new ReadFrom.TrimHorizon());
        read();
        rig.client.deleteStream(b -> b.streamName(STREAM)).join();
        rig.clock.advance(Duration.ofSeconds(1));
        rig.emulator.createStream(STREAM, 1);
        assertTrue(created() > created);
        rig.put("a", "another stream's");

        reader.seek(new ReadFrom.TrimHorizon());

        assertEquals(new ShardRead.Failed("the stream was deleted and made again"), reader.read());
    }

    @Test
    void readsByFanOutOverTheEndsOfSubscriptionsAndCutsNothingTwice() {
        fanOut();
        List<String> expected = new ArrayList<>();
        reader.seek(new ReadFrom.TrimHorizon());
        for (int round = 0; round < 4; round++) {
            for (int record = 0; record < 10; record++) {
                String text = round + "-" + record;
                rig.put("a", text);
                expected.add(text);
                if (record % 3 == round % 3) {
                    read();
                }
            }
            readUntilPushed();
            readUntil(expected);
            long polls = rig.emulator.counts().reads();
            rig.put("a", "pushed");
            expected.add("pushed");
            readUntil(expected);
            assertEquals(polls, rig.emulator.counts().reads());
            reader.readAhead(0);
            rig.clock.advance(LIFETIME);
        }
    }

    @Test
    void readsAShardToItsEndByFanOut() {
        fanOut();
        reader.seek(new ReadFrom.TrimHorizon());
        readUntilPushed();
        rig.put("a", "one");
        rig.client
                .splitShard(b -> b.streamName(STREAM)
                        .shardToSplit(SHARD_0)
                        .newStartingHashKey("170141183460469231731687303715884105728"))
                .join();

        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!read().atEnd()) {
            assertTrue(System.nanoTime() < deadline, "no end within 30 s");
        }
        assertEquals(List.of("one"), read);
    }
}
