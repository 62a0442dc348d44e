package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every store of a stream keeps to. */
public abstract class StreamStoreContract extends StoreContract {

    private static final String OTHER = "shardId-000000000001";

    @Test
    void aStreamThatIsNewBeginsWhereItIsWanted() {
        StreamStore stream = newStream();

        assertEquals(
                OptionalLong.of(NOON), found(stream.begin(new StartPosition.Latest(), NOON, List.of(OTHER, SHARD))));

        assertEquals(Set.of(SHARD, OTHER), shards(stream).keySet());
        for (ShardState state : shards(stream).values()) {
            assertEquals(OptionalLong.of(NOON), state.startAt());
            assertEquals(Optional.empty(), state.owner());
            assertEquals(Position.START, state.progress().position());
        }
        take(stream, SHARD, "me");
        assertEquals(OptionalLong.of(NOON), state(stream, SHARD).startAt());
    }

    @Test
    void whereAStreamBeginsIsResolvedOnce() {
        newStream().begin(new StartPosition.At(NOON), NOON + 1, List.of(SHARD));
        take(newStream(), SHARD, "me");
        Map<String, ShardState> before = shards(newStream());

        assertEquals(
                OptionalLong.of(NOON),
                found(newStream().begin(new StartPosition.Latest(), NOON + 9, List.of(SHARD, OTHER))));
        assertEquals(
                OptionalLong.of(NOON),
                found(newStream().begin(new StartPosition.TrimHorizon(), NOON + 9, List.of(SHARD, OTHER))));

        assertEquals(before, shards(newStream()));
    }

    @Test
    void shardsThatComeLaterAreReadFromTheirOldestRecord() {
        StreamStore stream = newStream();
        stream.begin(new StartPosition.Latest(), NOON, List.of(SHARD));

        take(stream, OTHER, "me");

        assertEquals(OptionalLong.empty(), state(stream, OTHER).startAt());
    }

    @Test
    void theOldestRecordIsAResolutionToo() {
        assertEquals(
                OptionalLong.empty(), found(newStream().begin(new StartPosition.TrimHorizon(), NOON, List.of(SHARD))));
        assertEquals(OptionalLong.empty(), found(newStream().begin(new StartPosition.Latest(), NOON, List.of(SHARD))));
        take(newStream(), SHARD, "me");

        assertEquals(OptionalLong.empty(), state(newStream(), SHARD).startAt());
    }

    /** Its first version took whatever the oldest records were. */
    @Test
    void aStreamThatAnEarlierVersionBeganStaysAtItsOldestRecords() {
        take(newStream(), SHARD, "me");

        assertEquals(
                OptionalLong.empty(),
                found(newStream().begin(new StartPosition.Latest(), NOON, List.of(SHARD, OTHER))));
        assertEquals(Set.of(SHARD), shards(newStream()).keySet());
        assertEquals(OptionalLong.empty(), state(newStream(), SHARD).startAt());
    }

    @Test
    void ofManyWhoBeginAtOnceOneResolves() throws Exception {
        List<OptionalLong> answers = atOnce(8, i -> {
            StreamStore stream = newStream();
            OptionalLong start = found(stream.begin(new StartPosition.At(NOON + i), NOON, List.of(SHARD, OTHER)));
            stream.close();
            return start;
        });

        assertEquals(1, Set.copyOf(answers).size(), answers::toString);
        Set<OptionalLong> starts = new HashSet<>(answers);
        shards(newStream()).values().forEach(state -> starts.add(state.startAt()));
        assertEquals(1, starts.size(), starts::toString);
        assertEquals(Set.of(SHARD, OTHER), shards(newStream()).keySet());
    }

    @Test
    void epochsOnlyRiseAndAreNoSmallNumbers() {
        StreamStore stream = newStream();
        long before = 0;
        for (int i = 0; i < 20; i++) {
            long epoch = take(stream, SHARD, "owner-" + i % 3);
            assertTrue(epoch > before);
            before = epoch;
        }
        // counted from 1970, they would have lasted until here
        assertTrue(before > 1_000_000);
        assertEquals(before, state(stream, SHARD).progress().epoch());
    }

    @Test
    void takingKeepsThePlace() {
        ShardStore store = store();
        rows(store.commit(
                progress(store),
                idle(new Position("7", 1), OptionalLong.of(NOON), OptionalLong.of(NOON - 1), false, Optional.empty())));
        ShardState before = state(store);

        take(newStream(), SHARD, "another");

        ShardState after = state(store);
        assertEquals(before.progress().position(), after.progress().position());
        assertEquals(before.streamTime(), after.streamTime());
        assertEquals(before.cachedTo(), after.cachedTo());
        assertEquals(Optional.of("another"), after.owner());
        assertNotEquals(before.beat(), after.beat());
    }

    @Test
    void aSignOfLifeKeepsOthersFromTaking() {
        ShardStore store = store();
        ShardState seen = state(store);
        rows(store.commit(seen.progress(), idle(Position.START)));

        assertEquals(Optional.empty(), found(newStream().take(SHARD, Optional.of(seen), "another")));

        rows(store.commit(progress(store), work("1", number(TEMPERATURE, NOON, 1))));
        assertEquals(Optional.of("owner"), state(store).owner());
    }

    @Test
    void whatWasSeenBeforeItWasGivenUpOrTakenDoesNotCount() {
        ShardStore store = store();
        ShardState owned = state(store);
        found(store.release(owned.progress().epoch()));
        ShardState released = state(store);
        assertEquals(Optional.empty(), found(newStream().take(SHARD, Optional.of(owned), "another")));
        assertEquals(Optional.empty(), found(newStream().take(SHARD, Optional.empty(), "another")));

        assertTrue(
                found(newStream().take(SHARD, Optional.of(released), "another")).isPresent());

        assertEquals(Optional.empty(), found(newStream().take(SHARD, Optional.of(released), "a third")));
        assertEquals(Optional.of("another"), state(store).owner());
    }

    @Test
    void ofManyWhoTakeAShardOneDoes() throws Exception {
        for (int round = 0; round < 5; round++) {
            Optional<ShardState> seen = Optional.ofNullable(shards(newStream()).get(SHARD));
            List<Optional<Long>> answers = atOnce(6, i -> {
                StreamStore stream = newStream();
                Optional<Long> epoch = found(stream.take(SHARD, seen, "owner-" + i));
                stream.close();
                return epoch;
            });

            List<Optional<Long>> winners =
                    answers.stream().filter(Optional::isPresent).toList();
            assertEquals(1, winners.size(), answers::toString);
            ShardState state = state(newStream(), SHARD);
            assertEquals(winners.getFirst().orElseThrow(), state.progress().epoch());
            assertEquals(Optional.of("owner-" + answers.indexOf(winners.getFirst())), state.owner());
        }
    }

    private interface Numbered<T> {
        T call(int number) throws Exception;
    }

    private static <T> List<T> atOnce(int count, Numbered<T> call) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<T> answers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                Callable<T> one = () -> {
                    start.await();
                    return call.call(number);
                };
                all.add(threads.submit(one));
            }
            start.countDown();
            for (Future<T> one : all) {
                answers.add(one.get());
            }
        }
        return answers;
    }
}
