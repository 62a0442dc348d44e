package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static dev.millrace.local.kinesis.KinesisRig.await;
import static dev.millrace.local.kinesis.KinesisRig.entry;
import static dev.millrace.local.kinesis.KinesisRig.errorOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.store.Limits;
import io.vertx.core.Vertx;
import java.net.BindException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescription;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** Streams through the AWS SDK: making, describing, listing, deleting, retention. */
class KinesisStreamsTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @ParameterizedTest
    @EnumSource(Protocol.class)
    void aNewStreamHasEvenShardsThatCoverTheHashKeySpace(Protocol protocol) {
        try (var rig = new KinesisRig(KinesisRig.config(1), protocol, TIMEOUT)) {
            rig.client.createStream(b -> b.streamName("three").shardCount(3)).join();
            StreamDescription stream = describe(rig, "three");

            assertEquals(StreamStatus.ACTIVE, stream.streamStatus());
            assertEquals("arn:aws:kinesis:eu-central-1:000000000000:stream/three", stream.streamARN());
            assertEquals(24, stream.retentionPeriodHours());
            assertEquals(rig.clock.instant(), stream.streamCreationTimestamp());
            assertFalse(stream.hasMoreShards());
            assertEquals(
                    List.of(
                            "0-113427455640312821154458202477256070484",
                            "113427455640312821154458202477256070485-226854911280625642308916404954512140969",
                            "226854911280625642308916404954512140970-340282366920938463463374607431768211455"),
                    stream.shards().stream()
                            .map(s -> s.hashKeyRange().startingHashKey() + "-"
                                    + s.hashKeyRange().endingHashKey())
                            .toList());
            assertTrue(stream.shards().stream()
                    .allMatch(s -> s.sequenceNumberRange().endingSequenceNumber() == null
                            && s.sequenceNumberRange().startingSequenceNumber().matches("\\d{56}")
                            && s.parentShardId() == null));
        }
    }

    @Test
    void theArnNamesAStreamAsItsNameDoes() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            String arn = describe(rig, STREAM).streamARN();
            StreamDescriptionSummary summary = rig.client
                    .describeStreamSummary(b -> b.streamARN(arn))
                    .join()
                    .streamDescriptionSummary();

            assertEquals(STREAM, summary.streamName());
            assertEquals(2, summary.openShardCount());
            assertEquals(
                    0,
                    rig.client
                            .putRecords(b -> b.streamARN(arn).records(entry("k", "v")))
                            .join()
                            .failedRecordCount());
        }
    }

    @Test
    void describesAndListsInPages() {
        try (var rig = new KinesisRig(KinesisRig.config(5))) {
            var first = rig.client
                    .describeStream(b -> b.streamName(STREAM).limit(3))
                    .join()
                    .streamDescription();
            var rest = rig.client
                    .describeStream(b -> b.streamName(STREAM)
                            .exclusiveStartShardId(first.shards().getLast().shardId()))
                    .join()
                    .streamDescription();
            assertTrue(first.hasMoreShards());
            assertEquals(3, first.shards().size());
            assertEquals(2, rest.shards().size());

            List<String> listed = new ArrayList<>();
            ListShardsResponse page = rig.client
                    .listShards(b -> b.streamName(STREAM).maxResults(2))
                    .join();
            ids(page.shards(), listed);
            while (page.nextToken() != null) {
                assertEquals(2, page.shards().size());
                String token = page.nextToken();
                page = rig.client
                        .listShards(b -> b.nextToken(token).maxResults(2))
                        .join();
                ids(page.shards(), listed);
            }
            List<String> described = new ArrayList<>();
            ids(first.shards(), described);
            ids(rest.shards(), described);
            assertEquals(described, listed);
            assertEquals(
                    described.subList(2, 5),
                    ids(
                            rig.client
                                    .listShards(b -> b.streamName(STREAM).exclusiveStartShardId(described.get(1)))
                                    .join()
                                    .shards(),
                            new ArrayList<>()));
        }
    }

    @Test
    void aNextTokenExpires() {
        try (var rig = new KinesisRig(KinesisRig.config(2))) {
            String token = rig.client
                    .listShards(b -> b.streamName(STREAM).maxResults(1))
                    .join()
                    .nextToken();
            rig.clock.advance(Duration.ofSeconds(301));

            assertEquals(
                    "ExpiredNextTokenException",
                    errorOf(() -> rig.client.listShards(b -> b.nextToken(token)).join()));
        }
    }

    @Test
    void listsStreamsInPages() {
        var streams = Map.of("a", 1, "b", 1, "c", 1, "d", 1, "e", 1);
        try (var rig = new KinesisRig(KinesisRig.config(1).withStreams(streams))) {
            var names = new ArrayList<String>();
            var pages = 0;
            var page = rig.client.listStreams(b -> b.limit(2)).join();
            while (true) {
                pages++;
                names.addAll(page.streamNames());
                if (!page.hasMoreStreams()) {
                    break;
                }
                String token = page.nextToken();
                page = rig.client.listStreams(b -> b.limit(2).nextToken(token)).join();
            }

            assertNull(page.nextToken());
            assertEquals(List.of("a", "b", "c", "d", "e"), names);
            assertEquals(3, pages);
            assertEquals(
                    List.of("d", "e"),
                    rig.client
                            .listStreams(b -> b.exclusiveStartStreamName("c"))
                            .join()
                            .streamNames());
        }
    }

    @Test
    void aStreamMadeAnewIsEmptyAndForeignToWhatWasKnownOfTheOldOne() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            String old = rig.put("k", "old");
            String iterator = rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON);
            Instant created = describe(rig, STREAM).streamCreationTimestamp();
            rig.clock.advance(Duration.ofSeconds(1));
            rig.client.deleteStream(b -> b.streamName(STREAM)).join();
            assertEquals("ResourceNotFoundException", errorOf(() -> rig.put("k", "between")));
            rig.client.createStream(b -> b.streamName(STREAM).shardCount(1)).join();

            assertEquals(created.plusSeconds(1), describe(rig, STREAM).streamCreationTimestamp());
            assertEquals(List.of(), rig.readAll(rig.iterator(SHARD_0, ShardIteratorType.TRIM_HORIZON)));
            assertEquals("ResourceNotFoundException", errorOf(() -> rig.get(iterator)));
            assertEquals(
                    "InvalidArgumentException",
                    errorOf(() -> rig.iterator(b -> b.streamName(STREAM)
                            .shardId(SHARD_0)
                            .shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                            .startingSequenceNumber(old))));
            assertEquals(0, rig.emulator.counts().storedBytes());
        }
    }

    @Test
    void aTransitionTakesTheTimeConfigured() {
        var config = KinesisRig.config(1).withTransitionDelay(Duration.ofSeconds(10));
        try (var rig = new KinesisRig(config)) {
            assertEquals(StreamStatus.CREATING, describe(rig, STREAM).streamStatus());
            assertEquals("ResourceNotFoundException", errorOf(() -> rig.put("k", "early")));
            assertEquals("ResourceInUseException", errorOf(() -> rig.client
                    .listShards(b -> b.streamName(STREAM))
                    .join()));
            rig.clock.advance(Duration.ofSeconds(10));
            assertEquals(StreamStatus.ACTIVE, describe(rig, STREAM).streamStatus());

            rig.client
                    .updateShardCount(
                            b -> b.streamName(STREAM).targetShardCount(2).scalingType("UNIFORM_SCALING"))
                    .join();
            assertEquals(StreamStatus.UPDATING, describe(rig, STREAM).streamStatus());
            rig.put("k", "while updating");
            assertEquals(1, describe(rig, STREAM).shards().size());
            rig.clock.advance(Duration.ofSeconds(10));
            assertEquals(3, describe(rig, STREAM).shards().size());

            rig.client.deleteStream(b -> b.streamName(STREAM)).join();
            assertEquals(StreamStatus.DELETING, describe(rig, STREAM).streamStatus());
            rig.clock.advance(Duration.ofSeconds(10));
            assertEquals(List.of(), rig.client.listStreams(b -> {}).join().streamNames());
        }
    }

    @Test
    void retentionChangesInTheDirectionThatTheCallNames() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            rig.client
                    .increaseStreamRetentionPeriod(b -> b.streamName(STREAM).retentionPeriodHours(48))
                    .join();
            assertEquals(48, describe(rig, STREAM).retentionPeriodHours());
            assertEquals("InvalidArgumentException", errorOf(() -> rig.client
                    .increaseStreamRetentionPeriod(b -> b.streamName(STREAM).retentionPeriodHours(24))
                    .join()));
            rig.client
                    .decreaseStreamRetentionPeriod(b -> b.streamName(STREAM).retentionPeriodHours(24))
                    .join();
            assertEquals(24, describe(rig, STREAM).retentionPeriodHours());
            assertEquals("ValidationException", errorOf(() -> rig.client
                    .decreaseStreamRetentionPeriod(b -> b.streamName(STREAM).retentionPeriodHours(23))
                    .join()));
        }
    }

    @Test
    void refusesWhatAwsRefuses() {
        try (var rig =
                new KinesisRig(KinesisRig.config(1).withLimits(Limits.none().withOpenShards(4)))) {
            assertEquals("ResourceInUseException", create(rig, STREAM, 1));
            assertEquals("ValidationException", create(rig, "no spaces", 1));
            assertEquals("ValidationException", create(rig, "x".repeat(129), 1));
            assertEquals("ValidationException", create(rig, "zero", 0));
            assertEquals("LimitExceededException", create(rig, "large", 4));
            assertEquals("none", create(rig, "fits", 3));
            assertEquals("ResourceNotFoundException", errorOf(() -> rig.client
                    .deleteStream(b -> b.streamName("none"))
                    .join()));
            assertEquals("InvalidArgumentException", errorOf(() -> rig.client
                    .listShards(b -> b.nextToken("made up"))
                    .join()));
            assertEquals("ValidationException", errorOf(() -> rig.client
                    .listShards(b -> b.streamName(STREAM).maxResults(10_001))
                    .join()));
        }
    }

    @Test
    void aTakenPortIsABindException() {
        // servers of one Vert.x on one port share it
        var other = Vertx.vertx();
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            var second = KinesisEmulator.start(other, KinesisRig.config(1).withPort(rig.emulator.port()));

            assertInstanceOf(
                    BindException.class,
                    assertThrows(CompletionException.class, () -> second.toCompletionStage()
                                    .toCompletableFuture()
                                    .join())
                            .getCause());
        } finally {
            other.close().await();
        }
    }

    @Test
    void aClosedEmulatorFreesItsPort() {
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            await(rig.emulator.close());
            var again =
                    await(KinesisEmulator.start(rig.vertx, KinesisRig.config(1).withPort(rig.emulator.port())));

            assertEquals(rig.emulator.port(), again.port());
        }
    }

    private static String create(KinesisRig rig, String name, int shards) {
        return errorOf(() -> rig.client
                .createStream(b -> b.streamName(name).shardCount(shards))
                .join());
    }

    private static StreamDescription describe(KinesisRig rig, String name) {
        return rig.client.describeStream(b -> b.streamName(name)).join().streamDescription();
    }

    private static List<String> ids(List<Shard> shards, List<String> into) {
        shards.forEach(shard -> Collections.addAll(into, shard.shardId()));
        return into;
    }
}
