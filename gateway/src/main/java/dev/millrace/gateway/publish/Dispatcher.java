package dev.millrace.gateway.publish;

import dev.millrace.core.ops.Availability;
import dev.millrace.gateway.GatewayMetrics;
import dev.millrace.gateway.publish.ShardedStream.PutResult;
import io.vertx.core.AsyncResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Makes PutRecords calls of what the lanes have ready. Lanes that are ready together share a call, each with one record:
 * Kinesis keeps no order within a call. A lane whose shard refuses or fails goes alone, so that nobody waits for its calls;
 * only when many do, as when Kinesis is away, they share calls too, but never with healthy ones.
 *
 * <p>Confined to the publisher's loop.
 */
final class Dispatcher {

    private static final String PART = "publisher";

    /** Calls of single suspect lanes under way at a time; bounds the connections while Kinesis is away. */
    private static final int SUSPECT_CALLS = 64;

    /**
     * The time from one beat to the next, in milliseconds: a lane sends one record a beat, and all that have one share a call. A
     * shard takes 1,000 records a second from all gateways together; one that answers at once would get most of them from a
     * single gateway, nearly empty, and a call costs as much as ten requests. Kinesis itself takes longer for a call, so there it
     * is not felt (docs/decisions/0060-benchmarks.md).
     */
    private static final long BEAT = 5;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Loop loop;
    private final ShardedStream stream;
    private final Availability availability;
    private final GatewayMetrics metrics;
    private final BiConsumer<Lane, PutResult> settle;
    private final Set<Lane> ready = new LinkedHashSet<>();
    private final Set<Lane> waiting = new LinkedHashSet<>();
    private int suspectCalls;
    private boolean scheduled;
    private boolean beating;

    /** @param settle told what became of each lane's record */
    Dispatcher(
            Loop loop,
            ShardedStream stream,
            Availability availability,
            GatewayMetrics metrics,
            BiConsumer<Lane, PutResult> settle) {
        this.loop = loop;
        this.stream = stream;
        this.availability = availability;
        this.metrics = metrics;
        this.settle = settle;
    }

    /**
     * A lane may have something to send; it goes behind what has already arrived on the loop, so that lanes share a call. One
     * that has sent since the last beat waits for the next.
     */
    void look(Lane lane) {
        long early = lane.notBefore() - loop.nanoTime();
        if (early <= 0) {
            makeReady(lane);
            return;
        }
        waiting.add(lane);
        if (!beating) {
            beating = true;
            loop.after(Math.ceilDiv(early, NANOS_PER_MILLI), this::beat);
        }
    }

    /** All that wait, wait for the same beat. */
    private void beat() {
        beating = false;
        List<Lane> due = List.copyOf(waiting);
        waiting.clear();
        due.forEach(this::makeReady);
    }

    private void makeReady(Lane lane) {
        ready.add(lane);
        if (!scheduled) {
            scheduled = true;
            loop.run(this::pump);
        }
    }

    private void pump() {
        scheduled = false;
        List<Lane> lanes = List.copyOf(ready);
        ready.clear();
        List<Lane> suspects = new ArrayList<>();
        Call shared = new Call(false);
        for (Lane lane : lanes) {
            if (lane.isReady()) {
                if (lane.isSuspect()) {
                    suspects.add(lane);
                } else {
                    shared = add(lane, shared);
                }
            } else {
                lane.rest();
            }
        }
        send(shared);
        Call together = new Call(true);
        for (Lane lane : suspects) {
            if (suspectCalls < SUSPECT_CALLS) {
                send(add(lane, new Call(true)));
            } else {
                together = add(lane, together);
            }
        }
        send(together);
    }

    /** Puts a lane's next record into a call; where that is full, sends it and begins another. */
    private Call add(Lane lane, Call call) {
        Optional<ShardedStream.Entry> taken = lane.take();
        if (taken.isEmpty()) {
            lane.rest();
            return call;
        }
        ShardedStream.Entry entry = taken.get();
        lane.sendNextNotBefore(nextBeat());
        Call with = call;
        if (!call.hasRoomFor(entry)) {
            send(call);
            with = new Call(call.suspect);
        }
        with.add(lane, entry);
        return with;
    }

    /** The same for all lanes, so that they come to share a call however they began. */
    private long nextBeat() {
        long beat = BEAT * NANOS_PER_MILLI;
        return (Math.floorDiv(loop.nanoTime(), beat) + 1) * beat;
    }

    private void send(Call call) {
        if (call.lanes.isEmpty()) {
            return;
        }
        if (call.suspect) {
            suspectCalls++;
        }
        metrics.putRecords(
                call.lanes.size(), call.lanes.stream().mapToInt(Lane::inFlight).sum());
        call.lanes.stream().filter(lane -> lane.failures() > 0).forEach(_ -> metrics.retried());
        stream.putRecords(call.entries).onComplete(answer -> loop.run(() -> settle(call, answer)));
    }

    private void settle(Call call, AsyncResult<List<PutResult>> answer) {
        if (call.suspect) {
            suspectCalls--;
        }
        List<PutResult> results = answer.succeeded()
                ? answer.result()
                : Collections.nCopies(call.lanes.size(), new PutResult.Unknown("a call that failed by itself"));
        tellAvailability(results);
        for (int i = 0; i < call.lanes.size(); i++) {
            settle.accept(call.lanes.get(i), results.get(i));
        }
    }

    /** A stream that took or refused one record of a call is there; that others failed is their shards' matter. */
    private void tellAvailability(List<PutResult> results) {
        Optional<String> reason = Optional.empty();
        for (PutResult result : results) {
            switch (result) {
                case PutResult.Unknown(String why) -> reason = Optional.of(why);
                case PutResult.Accepted _, PutResult.Throttled _ -> {
                    availability.worked(PART);
                    return;
                }
            }
        }
        reason.ifPresent(why -> availability.failed(PART, why));
    }

    /** A PutRecords call within Kinesis' limits. */
    private static final class Call {
        final boolean suspect;
        final List<Lane> lanes = new ArrayList<>();
        final List<ShardedStream.Entry> entries = new ArrayList<>();
        private int bytes;

        Call(boolean suspect) {
            this.suspect = suspect;
        }

        boolean hasRoomFor(ShardedStream.Entry entry) {
            return entries.size() < ShardedStream.MAX_RECORDS && bytes + size(entry) <= ShardedStream.MAX_CALL_BYTES;
        }

        void add(Lane lane, ShardedStream.Entry entry) {
            lanes.add(lane);
            entries.add(entry);
            bytes += size(entry);
        }

        private static int size(ShardedStream.Entry entry) {
            return entry.data().length + entry.partitionKey().length();
        }
    }
}
