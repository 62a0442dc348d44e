package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static dev.millrace.local.kinesis.KinesisRig.errorOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.local.kinesis.store.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Enhanced fan-out through the unmodified SDK. */
class KinesisFanOutTest {

    private static final StartingPosition TRIM_HORIZON =
            StartingPosition.builder().type(ShardIteratorType.TRIM_HORIZON).build();

    private KinesisRig rig = new KinesisRig(KinesisRig.config(1));
    private String arn = register("processor");
    private final List<Events> subscriptions = new ArrayList<>();

    private void use(EmulatorConfig config) {
        rig.close();
        rig = new KinesisRig(config);
        arn = register("processor");
    }

    @AfterEach
    void stop() {
        subscriptions.forEach(Events::cancel);
        rig.close();
    }

    private String streamArn() {
        return rig.emulator.describe(STREAM).arn();
    }

    private String register(String name) {
        return rig.client
                .registerStreamConsumer(b -> b.streamARN(streamArn()).consumerName(name))
                .join()
                .consumer()
                .consumerARN();
    }

    /** A subscriber that asks for what the test asks for. */
    private static final class Events implements Subscriber<SubscribeToShardEventStream> {

        private final BlockingQueue<SubscribeToShardEvent> received = new LinkedBlockingQueue<>();
        private final CompletableFuture<Subscription> subscribed = new CompletableFuture<>();
        private CompletableFuture<Void> over = new CompletableFuture<>();

        @Override
        public void onSubscribe(Subscription subscription) {
            subscribed.complete(subscription);
        }

        @Override
        public void onNext(SubscribeToShardEventStream event) {
            received.add((SubscribeToShardEvent) event);
        }

        @Override
        public void onError(Throwable failure) {
            // told by the call's future
        }

        @Override
        public void onComplete() {
            // told by the call's future
        }

        SubscribeToShardEvent next() throws Exception {
            subscribed.get(10, TimeUnit.SECONDS).request(1);
            SubscribeToShardEvent event = received.poll(10, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no event within 10 s");
            }
            return event;
        }

        /** The next event with records, as texts. */
        List<String> nextTexts() throws Exception {
            SubscribeToShardEvent event = next();
            while (event.records().isEmpty()) {
                event = next();
            }
            return KinesisRig.texts(event.records());
        }

        String failure() throws Exception {
            subscribed.get(10, TimeUnit.SECONDS).request(Long.MAX_VALUE);
            try {
                over.get(10, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                return String.valueOf(e.getCause()).split(":", 2)[0].replaceAll(".*\\.", "");
            }
            return "none";
        }

        void cancel() {
            over.cancel(true);
        }
    }

    private Events subscribe(StartingPosition from) {
        Events events = new Events();
        events.over = rig.client.subscribeToShard(
                b -> b.consumerARN(arn)
                        .shardId(SHARD_0)
                        .startingPosition(from)
                        .overrideConfiguration(o -> o.apiCallTimeout(Duration.ofMinutes(6))),
                SubscribeToShardResponseHandler.builder()
                        .onEventStream(publisher -> publisher.subscribe(events))
                        .build());
        subscriptions.add(events);
        return events;
    }

    private String refusal() {
        return errorOf(() -> subscribe(TRIM_HORIZON).over.join());
    }

    @Test
    void pushesWhatIsThereAndWhatArrives() throws Exception {
        String first = rig.put("a", "one");
        Events events = subscribe(TRIM_HORIZON);

        SubscribeToShardEvent event = events.next();
        assertEquals(List.of("one"), KinesisRig.texts(event.records()));
        assertEquals(first, event.records().getFirst().sequenceNumber());
        assertEquals("a", event.records().getFirst().partitionKey());
        assertEquals(rig.clock.instant(), event.records().getFirst().approximateArrivalTimestamp());
        assertEquals(first, event.continuationSequenceNumber());
        assertEquals(0, event.millisBehindLatest());

        rig.put("a", "two");
        assertEquals(List.of("two"), events.nextTexts());
    }

    @Test
    void showsThatItLivesWhereNothingArrives() throws Exception {
        Events events = subscribe(TRIM_HORIZON);

        SubscribeToShardEvent event = events.next();

        assertEquals(List.of(), event.records());
        rig.put("a", "one");
        rig.clock.advance(Duration.ofSeconds(5));
        Events next = subscribe(StartingPosition.builder()
                .type(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                .sequenceNumber(event.continuationSequenceNumber())
                .build());
        assertEquals(List.of("one"), next.nextTexts());
    }

    @Test
    void goesOnBehindTheContinuationAfterItsTime() throws Exception {
        use(KinesisRig.config(1).withSubscriptionLifetime(Duration.ofSeconds(30)));
        rig.put("a", "one");
        Events events = subscribe(TRIM_HORIZON);
        SubscribeToShardEvent event = events.next();
        rig.clock.advance(Duration.ofSeconds(30));

        assertEquals("none", events.failure());
        rig.put("a", "two");
        Events next = subscribe(StartingPosition.builder()
                .type(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                .sequenceNumber(event.continuationSequenceNumber())
                .build());
        assertEquals(List.of("two"), next.nextTexts());
    }

    @Test
    void oneSubscriptionAConsumerAndShardThatAnotherTakesOverAfterFiveSeconds() throws Exception {
        Events first = subscribe(TRIM_HORIZON);
        first.next();

        rig.clock.advance(Duration.ofMillis(4_999));
        assertEquals("ResourceInUseException", refusal());
        rig.clock.advance(Duration.ofMillis(1));
        Events second = subscribe(TRIM_HORIZON);
        second.next();

        assertEquals("ResourceInUseException", first.failure());
        rig.put("a", "one");
        assertEquals(List.of("one"), second.nextTexts());
    }

    @Test
    void consumersDoNotHinderOneAnother() throws Exception {
        Events first = subscribe(TRIM_HORIZON);
        first.next();
        arn = register("other");
        Events second = subscribe(TRIM_HORIZON);
        rig.put("a", "one");

        assertEquals(List.of("one"), first.nextTexts());
        assertEquals(List.of("one"), second.nextTexts());
    }

    @Test
    void theLastEventOfAClosedShardNamesItsChildren() throws Exception {
        rig.put("a", "one");
        rig.client
                .splitShard(b -> b.streamName(STREAM)
                        .shardToSplit(SHARD_0)
                        .newStartingHashKey("170141183460469231731687303715884105728"))
                .join();
        Events events = subscribe(TRIM_HORIZON);

        SubscribeToShardEvent event = events.next();

        assertEquals(List.of("one"), KinesisRig.texts(event.records()));
        assertNull(event.continuationSequenceNumber());
        assertEquals(
                List.of("shardId-000000000001", "shardId-000000000002"),
                event.childShards().stream().map(ChildShard::shardId).toList());
        assertEquals("none", events.failure());
    }

    @Test
    void aSubscriberThatDoesNotReadIsNotSentTo() throws Exception {
        for (int record = 0; record < 40; record++) {
            rig.put("a", "x".repeat(500_000));
        }
        Events events = subscribe(TRIM_HORIZON);
        int taken = events.next().records().size();

        // the rest is read when it is asked for, and none is skipped
        while (taken < 40) {
            taken += events.next().records().size();
        }
        assertEquals(40, taken);
    }

    @Test
    void keepsAConsumersOwnRate() throws Exception {
        use(KinesisRig.config(1).withLimits(Limits.none().withReadBytesPerSecond(1_000_000)));
        for (int record = 0; record < 4; record++) {
            rig.put("a", "x".repeat(500_000));
        }
        Events events = subscribe(TRIM_HORIZON);
        events.nextTexts();
        events.nextTexts();
        SubscribeToShardEvent event = events.next();
        // the clock stands still: no more is given than a second's worth and one event
        while (!event.records().isEmpty()) {
            event = events.next();
        }
        assertTrue(event.millisBehindLatest() > 0);
        rig.clock.advance(Duration.ofSeconds(2));
        assertEquals(1, events.nextTexts().size());
    }

    @Test
    void anErrorEndsASubscription() throws Exception {
        Events events = subscribe(TRIM_HORIZON);
        events.next();
        rig.client.deleteStream(b -> b.streamName(STREAM)).join();

        assertEquals("ResourceNotFoundException", events.failure());
    }

    @Test
    void aConsumerBecomesActiveAndGoes() {
        rig.close();
        rig = new KinesisRig(KinesisRig.config(1).withTransitionDelay(Duration.ofSeconds(1)));
        rig.clock.advance(Duration.ofSeconds(1));
        arn = register("processor");

        assertEquals("ResourceInUseException", errorOf(() -> register("processor")));
        assertEquals("ResourceInUseException", refusal());
        rig.clock.advance(Duration.ofSeconds(1));
        var described = rig.client
                .describeStreamConsumer(b -> b.streamARN(streamArn()).consumerName("processor"))
                .join()
                .consumerDescription();
        assertEquals(ConsumerStatus.ACTIVE, described.consumerStatus());
        assertEquals(arn, described.consumerARN());
        assertEquals(streamArn(), described.streamARN());
        assertEquals(
                arn,
                rig.client
                        .listStreamConsumers(b -> b.streamARN(streamArn()))
                        .join()
                        .consumers()
                        .getFirst()
                        .consumerARN());
        assertEquals(
                1,
                rig.client
                        .describeStreamSummary(b -> b.streamName(STREAM))
                        .join()
                        .streamDescriptionSummary()
                        .consumerCount());

        rig.client.deregisterStreamConsumer(b -> b.consumerARN(arn)).join();
        rig.clock.advance(Duration.ofSeconds(1));
        assertEquals("ResourceNotFoundException", refusal());
        assertNotEquals(arn, register("processor"));
        // another of the same name
        assertEquals("ResourceNotFoundException", errorOf(() -> rig.client
                .describeStreamConsumer(b -> b.consumerARN(arn))
                .join()));
    }

    @Test
    void aStreamHasTwentyConsumers() {
        for (int consumer = 1; consumer < 20; consumer++) {
            register("consumer-" + consumer);
        }

        assertEquals("LimitExceededException", errorOf(() -> register("one-too-many")));
    }

    @Test
    void refusesWhatDoesNotExist() {
        arn = arn.replace("/processor:", "/nobody:");
        assertEquals("ResourceNotFoundException", refusal());
        arn = "no arn";
        assertEquals("ValidationException", refusal());
    }
}
