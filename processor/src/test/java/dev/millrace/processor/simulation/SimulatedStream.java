package dev.millrace.processor.simulation;

import dev.millrace.core.wire.HashKey;
import dev.millrace.core.wire.HashKeyRange;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.processor.shard.ReadFrom;
import dev.millrace.processor.shard.ShardInfo;
import dev.millrace.processor.shard.ShardRead;
import dev.millrace.processor.shard.ShardReader;
import dev.millrace.processor.shard.ShardRecord;
import dev.millrace.processor.shard.StreamCatalog;
import dev.millrace.processor.store.Loaded;
import dev.millrace.processor.store.Position;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A Kinesis stream: shards that split and merge, records that arrive and are trimmed, answers that are short, late, throttled
 * or none.
 *
 * <p>It is long because its readers see its shards under one set of rules.
 */
final class SimulatedStream {

    static final String NAME = "sensor-data";

    /** When the stream was made. */
    static final long CREATED = TimeUnit.NANOSECONDS.toMicros(SimulatedWorld.BEGINNING_NANOS) - 1_000_000;

    private static final int READS_A_SECOND = 5;

    /** How long an iterator is good for: as much less than the retention as with Kinesis. */
    private static final long ITERATOR_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** A record can be read so long after it arrived at most. */
    private static final long MOST_DELAY_MICROS = 1_000_000;

    private final Scheduler scheduler;
    private final Server server;
    private final RandomGenerator random;
    private final Map<String, Shard> shards = new LinkedHashMap<>();
    private final Duration retention;
    private long failingUntil;
    private int numbers;
    private BigInteger sequence = new BigInteger("49017951784291730000000000000000000000");

    /** A shard; its records stay here when they are trimmed, for those who check. */
    static final class Shard {

        final ShardInfo info;
        final List<ShardRecord> records = new ArrayList<>();
        final Deque<Long> reads = new ArrayDeque<>();

        /** The records that somebody has begun with who found no position. */
        final Set<Integer> beginnings = new TreeSet<>();

        int trimmed;
        boolean closed;

        private final List<Integer> userRecords = new ArrayList<>(List.of(0));

        Shard(ShardInfo info) {
            this.info = info;
        }

        private void add(ShardRecord record) {
            records.add(record);
            int count =
                    switch (StreamRecord.decode(record.partitionKey(), record.data())) {
                        case StreamRecord.Plain _ -> 1;
                        case StreamRecord.Aggregate aggregate ->
                            aggregate.belongsTo(info.range())
                                    ? aggregate.records().size()
                                    : 0;
                    };
            userRecords.add(userRecords.getLast() + count);
        }

        /** How many user records lie before the record of an index; those of foreign aggregates do not count. */
        int userRecordsBefore(int index) {
            return userRecords.get(index);
        }

        /** How many user records there are up to a position, that one included. */
        int userRecordsUpTo(Position position) {
            if (position.equals(Position.START)) {
                return 0;
            }
            int index = indexOf(position.sequenceNumber());
            int own = userRecords.get(index + 1) - userRecords.get(index);
            return userRecords.get(index) + (int) Math.min(own, position.subSequenceNumber() + 1);
        }

        /** The place of the first record that arrived at an instant or after it. */
        int indexAt(long micros) {
            int index = 0;
            while (index < records.size() && records.get(index).arrivedAt() < micros) {
                index++;
            }
            return index;
        }

        /** The place of the record with a sequence number; -1 where there is none. */
        int indexOf(String sequenceNumber) {
            for (int i = 0; i < records.size(); i++) {
                if (records.get(i).sequenceNumber().equals(sequenceNumber)) {
                    return i;
                }
            }
            return -1;
        }
    }

    /**
     * @param count how many shards it begins with
     * @param retention how long records are kept
     */
    SimulatedStream(Scheduler scheduler, Server server, RandomGenerator random, int count, Duration retention) {
        this.scheduler = scheduler;
        this.server = server;
        this.random = random;
        this.retention = retention;
        BigInteger size = HashKey.MAX.toBigInteger().add(BigInteger.ONE).divide(BigInteger.valueOf(count));
        BigInteger start = BigInteger.ZERO;
        for (int i = 1; i <= count; i++) {
            BigInteger end =
                    i == count ? HashKey.MAX.toBigInteger() : start.add(size).subtract(BigInteger.ONE);
            open(List.of(), new HashKeyRange(HashKey.of(start), HashKey.of(end)));
            start = end.add(BigInteger.ONE);
        }
    }

    private void open(List<String> parents, HashKeyRange range) {
        String shardId = "shardId-%03d".formatted(numbers++);
        shards.put(shardId, new Shard(new ShardInfo(shardId, parents, range)));
    }

    /** All shards that ever were, parents first. */
    List<Shard> shards() {
        return List.copyOf(shards.values());
    }

    Shard shard(String shardId) {
        Shard shard = shards.get(shardId);
        if (shard == null) {
            throw new AssertionError("there is no " + shardId);
        }
        return shard;
    }

    /** The shards that take records. */
    List<Shard> open() {
        return shards.values().stream().filter(shard -> !shard.closed).toList();
    }

    /** By Kinesis' clock, microseconds since 1970. */
    long micros() {
        return TimeUnit.NANOSECONDS.toMicros(SimulatedWorld.BEGINNING_NANOS + scheduler.now());
    }

    void put(Shard shard, String partitionKey, byte[] data) {
        sequence = sequence.add(BigInteger.valueOf(1 + random.nextInt(1_000)));
        shard.add(new ShardRecord(sequence.toString(), partitionKey, micros(), data));
    }

    /** An open shard becomes two. */
    void split(Shard shard) {
        BigInteger start = shard.info.range().start().toBigInteger();
        BigInteger end = shard.info.range().end().toBigInteger();
        BigInteger middle = start.add(end).shiftRight(1);
        shard.closed = true;
        List<String> parent = List.of(shard.info.shardId());
        open(parent, new HashKeyRange(HashKey.of(start), HashKey.of(middle)));
        open(parent, new HashKeyRange(HashKey.of(middle.add(BigInteger.ONE)), HashKey.of(end)));
    }

    /** An open shard and its neighbour become one; nothing where it has no neighbour above. */
    void merge(Shard lower) {
        BigInteger next = lower.info.range().end().toBigInteger().add(BigInteger.ONE);
        open().stream()
                .filter(shard -> shard.info.range().start().toBigInteger().equals(next))
                .findFirst()
                .ifPresent(upper -> {
                    lower.closed = true;
                    upper.closed = true;
                    open(
                            List.of(lower.info.shardId(), upper.info.shardId()),
                            new HashKeyRange(
                                    lower.info.range().start(),
                                    upper.info.range().end()));
                });
    }

    /** Every second answer is an error, for a while. */
    void failing(long nanos) {
        failingUntil = scheduler.now() + nanos;
    }

    /** How long records are kept, microseconds. */
    long retentionMicros() {
        return TimeUnit.NANOSECONDS.toMicros(retention.toNanos());
    }

    private void trim() {
        long oldest = micros() - retentionMicros();
        for (Shard shard : shards.values()) {
            while (shard.trimmed < shard.records.size()
                    && shard.records.get(shard.trimmed).arrivedAt() < oldest) {
                shard.trimmed++;
            }
        }
    }

    /** What a process knows of it. */
    StreamCatalog catalog(SimulatedProcess process) {
        return () -> process.ask(server, (Consumer<StreamCatalog.Listing> answer) -> answer.accept(listing()))
                .<Loaded<StreamCatalog.Listing>>map(Loaded.Found::new)
                .orElseGet(() -> new Loaded.Unavailable<>("Kinesis is away"));
    }

    /** A catalog that does not tell which shards others came from. */
    static StreamCatalog withoutParents(StreamCatalog catalog) {
        return () -> switch (catalog.list()) {
            case Loaded.Unavailable<StreamCatalog.Listing> away -> away;
            case Loaded.Found(StreamCatalog.Listing listing) ->
                new Loaded.Found<>(new StreamCatalog.Listing(
                        listing.created(),
                        listing.retention(),
                        listing.shards().stream()
                                .map(shard -> new ShardInfo(shard.shardId(), List.of(), shard.range()))
                                .toList()));
        };
    }

    private StreamCatalog.Listing listing() {
        return new StreamCatalog.Listing(
                CREATED,
                retention,
                shards.values().stream().map(shard -> shard.info).toList());
    }

    /** How a process reads a shard. */
    ShardReader reader(SimulatedProcess process, ShardInfo info) {
        return new Reader(process, shard(info.shardId()));
    }

    /**
     * What was answered.
     *
     * @param next the record that the next answer begins with
     */
    private record Served(ShardRead read, int next, long at) {}

    private final class Reader implements ShardReader {

        private final SimulatedProcess process;
        private final Shard shard;

        /** The iterator: the record that is read next; -1: none yet. */
        private int next = -1;

        /** When the iterator was given out. */
        private long iteratorAt;

        private ReadFrom from = new ReadFrom.TrimHorizon();
        private @Nullable Ahead ahead;

        Reader(SimulatedProcess process, Shard shard) {
            this.process = process;
            this.shard = shard;
        }

        /** What is being read ahead. */
        private static final class Ahead {
            private @Nullable Served found;
            private @Nullable Strand waiting;
        }

        @Override
        public void seek(ReadFrom where) {
            from = where;
            next = -1;
            ahead = null;
        }

        @Override
        public void readAhead(long delayMillis) {
            if (ahead != null || next < 0) {
                return;
            }
            Ahead own = new Ahead();
            ahead = own;
            scheduler.after(TimeUnit.MILLISECONDS.toNanos(delayMillis) + server.latency(), () -> {
                if (ahead != own) {
                    return;
                }
                Served found = server.reaches(process) ? serve() : failed("Kinesis is away");
                scheduler.after(server.latency(), () -> {
                    own.found = found;
                    if (own.waiting != null) {
                        own.waiting.wake();
                    }
                });
            });
        }

        @Override
        public ShardRead read() {
            Served served = served();
            next = served.next;
            iteratorAt = served.at;
            scheduler.note(process.owner() + " reads " + shard.info.shardId() + " up to " + next);
            return served.read;
        }

        private Served served() {
            Ahead own = ahead;
            if (own == null) {
                return process.ask(server, (Consumer<Served> answer) -> answer.accept(serve()))
                        .orElseGet(() -> failed("Kinesis is away"));
            }
            own.waiting = process.current();
            while (own.found == null) {
                process.awaitUntil(Long.MAX_VALUE);
            }
            ahead = null;
            return own.found;
        }

        @Override
        public void close() {
            ahead = null;
        }

        private Served failed(String reason) {
            return new Served(new ShardRead.Failed(reason), next, iteratorAt);
        }

        private Served serve() {
            if (scheduler.now() < failingUntil && random.nextBoolean()) {
                return failed("InternalFailure");
            }
            long second = scheduler.now() - TimeUnit.SECONDS.toNanos(1);
            while (!shard.reads.isEmpty() && shard.reads.peek() < second) {
                shard.reads.remove();
            }
            if (shard.reads.size() >= READS_A_SECOND) {
                return new Served(new ShardRead.Throttled("Rate exceeded"), next, iteratorAt);
            }
            shard.reads.add(scheduler.now());
            trim();
            if (next < 0 && from instanceof ReadFrom.At(long instant) && instant > micros()) {
                // Kinesis gives no iterator for an instant that is yet to come
                return new Served(new ShardRead.Records(List.of(), 0, false, micros()), next, iteratorAt);
            }
            if (next > 0 && next <= shard.trimmed && scheduler.now() - iteratorAt > ITERATOR_NANOS) {
                // a new iterator must begin with the last record that was read, and that is gone
                return new Served(new ShardRead.PlaceLost(), next, iteratorAt);
            }
            // what an iterator points at is not trimmed at once: Kinesis trims in large pieces
            int start = next < 0 ? Math.max(start(), shard.trimmed) : next;
            if (next < 0 && !(from instanceof ReadFrom.Resume)) {
                shard.beginnings.add(start);
            }
            int readable = Math.max(start, readable());
            int most = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(random.nextInt(3) == 0 ? 3 : 40);
            int end = Math.min(readable, start + most);
            long behind = end == readable
                    ? 0
                    : 1
                            + TimeUnit.MICROSECONDS.toMillis(
                                    micros() - shard.records.get(end).arrivedAt());
            boolean atEnd = shard.closed && end == shard.records.size();
            List<ShardRecord> answer = List.copyOf(shard.records.subList(start, end));
            return new Served(new ShardRead.Records(answer, behind, atEnd, micros()), end, scheduler.now());
        }

        /** The newest records cannot be read yet. */
        private int readable() {
            int readable = shard.records.size();
            long delay = random.nextLong(MOST_DELAY_MICROS);
            if (shard.closed) {
                return readable;
            }
            while (readable > 0 && shard.records.get(readable - 1).arrivedAt() > micros() - delay) {
                readable--;
            }
            return readable;
        }

        /** Where an iterator begins that is made anew. */
        private int start() {
            return switch (from) {
                case ReadFrom.TrimHorizon _ -> shard.trimmed;
                case ReadFrom.At(long instant) -> shard.indexAt(instant);
                case ReadFrom.Resume(Position position) ->
                    Math.max(shard.trimmed, shard.indexOf(position.sequenceNumber()));
            };
        }
    }
}
