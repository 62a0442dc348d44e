package dev.millrace.processor.anomaly.detect;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Phase.Open;
import dev.millrace.processor.anomaly.rule.ConditionKind;
import dev.millrace.processor.anomaly.rule.RuleSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * All that a detector remembers of a series. Its bytes hold the same: a series that is written and read goes on to the bit as the one
 * that was not. They say by which rules' conditions, by name and kind, something is remembered; what has to do with limits is the
 * rules' alone. Mutable, not thread-safe.
 */
public final class Series {

    /** Of the bytes. */
    private static final byte VERSION = 1;

    private static final int MAX_HEAD = 1 + 1 + 3 * Long.BYTES + Short.BYTES;
    /** Written down it takes some 60 % of what it takes in memory. */
    private static final int BYTES_PER_UNIT = 2_048;

    private static final byte HAS_VALUE = 1;
    private static final byte HAS_ARRIVAL = 2;
    private static final byte IS_DUE = 4;
    private static final long NONE = Long.MIN_VALUE;

    private static final Watch[] NO_WATCHES = {};
    private static final BoundCondition[] NO_CONDITIONS = {};

    private long lastAt;
    private long lastArrival;
    private long dueAt;

    /** The state machines; beside them their conditions, where the series is bound to rules. */
    private Watch[] watches;

    private BoundCondition[] conditions;
    private Optional<RuleSet> rules;

    private Series(long lastAt, long lastArrival, long dueAt, Watch[] watches) {
        this.lastAt = lastAt;
        this.lastArrival = lastArrival;
        this.dueAt = dueAt;
        this.watches = watches;
        conditions = NO_CONDITIONS;
        rules = Optional.empty();
    }

    /** A series that has no value yet. */
    public static Series fresh() {
        return new Series(NONE, NONE, SilenceWatch.NEVER, NO_WATCHES);
    }

    /**
     * A series of which nothing is known but when its latest value was.
     *
     * @param lastAt microseconds since 1970
     */
    public static Series since(long lastAt) {
        return new Series(lastAt, NONE, SilenceWatch.NEVER, NO_WATCHES);
    }

    /** The timestamp of the latest value; {@link Long#MIN_VALUE} before the first. */
    public long lastAt() {
        return lastAt;
    }

    /** The earliest stream time at which {@link Detector#pass} must be told of it though nothing arrives. */
    public OptionalLong dueAt() {
        return dueAt == SilenceWatch.NEVER ? OptionalLong.empty() : OptionalLong.of(dueAt);
    }

    /** Whether {@link Detector#pass} may do something though nothing arrives: it is due at some time, or an anomaly is open. */
    public boolean isWatched() {
        if (dueAt != SilenceWatch.NEVER) {
            return true;
        }
        for (Watch watch : watches) {
            if (watch.isOpen()) {
                return true;
            }
        }
        return false;
    }

    /** The anomalies that are open, as they stand. */
    public List<Detection.Changed> open(SeriesId id) {
        List<Detection.Changed> open = new ArrayList<>();
        for (Watch watch : watches) {
            watch.openOf(id).ifPresent(open::add);
        }
        return open;
    }

    /**
     * How much memory it takes, in units of about 3 KiB, which is what a rule of every kind needs with the usual window: so that whoever
     * bounds the number of series bounds their memory too, whatever the rules.
     */
    public int weight() {
        int bytes = 0;
        for (Watch watch : watches) {
            bytes += watch.maxBytes();
        }
        return 1 + bytes / BYTES_PER_UNIT;
    }

    /** A series that goes its own way from here. */
    public Series copy() {
        Watch[] copies = new Watch[watches.length];
        for (int i = 0; i < copies.length; i++) {
            copies[i] = watches[i].copy();
        }
        Series copy = new Series(lastAt, lastArrival, dueAt, copies);
        copy.conditions = conditions;
        copy.rules = rules;
        return copy;
    }

    boolean isBoundTo(RuleSet set) {
        return rules.isPresent() && rules.get() == set;
    }

    /**
     * Puts the series under other rules. What is remembered for a rule and condition that are still there goes on; the rest ends.
     *
     * @param applicable the conditions of the rules that are for this series
     * @param at the timestamp of the latest value
     * @param arrivedAt when that arrived, or the stream time
     */
    void bind(RuleSet set, BoundCondition[] applicable, SeriesId id, long at, long arrivedAt, Detection found) {
        List<Watch> left = new ArrayList<>(Arrays.asList(watches));
        Watch[] bound = new Watch[applicable.length];
        for (int i = 0; i < bound.length; i++) {
            Key key = applicable[i].key();
            bound[i] = take(left, key).orElseGet(() -> Watch.fresh(key));
        }
        for (Watch gone : left) {
            gone.end(id, at, arrivedAt, found);
        }
        watches = bound;
        conditions = applicable;
        rules = Optional.of(set);
        lookAhead();
    }

    private static Optional<Watch> take(List<Watch> from, Key key) {
        for (int i = 0; i < from.size(); i++) {
            if (from.get(i).key().equals(key)) {
                return Optional.of(from.remove(i));
            }
        }
        return Optional.empty();
    }

    /** The next value. */
    void feed(SeriesId id, long at, long arrivedAt, Measurement measurement, Detection found) {
        long arrival = arrival(arrivedAt);
        for (int i = 0; i < watches.length; i++) {
            watches[i].feed(conditions[i], id, at, lastArrival, arrival, measurement, found);
        }
        lastAt = at;
        lastArrival = arrival;
        lookAhead();
    }

    /** When a value arrived: the stream's own times are approximate, but here time does not go back. */
    private long arrival(long arrivedAt) {
        long arrival = Math.max(arrivedAt, lastArrival);
        for (Watch watch : watches) {
            // time had passed up to there already
            if (watch instanceof SilenceWatch && watch.phase() instanceof Open open) {
                arrival = Math.max(arrival, open.openedAt());
            }
        }
        return arrival;
    }

    /** That nothing arrived up to a stream time. */
    void pass(SeriesId id, long streamTime, Detection found) {
        for (int i = 0; i < watches.length; i++) {
            if (watches[i] instanceof SilenceWatch silence) {
                silence.pass(conditions[i], id, lastArrival, streamTime, found);
            }
        }
        lookAhead();
    }

    private void lookAhead() {
        long earliest = SilenceWatch.NEVER;
        for (int i = 0; i < watches.length; i++) {
            if (watches[i] instanceof SilenceWatch silence) {
                earliest = Math.min(earliest, silence.dueAt(conditions[i], lastArrival));
            }
        }
        dueAt = earliest;
    }

    /** The bytes of which {@link #decode} makes the series again. State machines that are as good as new take none. */
    public byte[] encode() {
        int size = MAX_HEAD;
        short kept = 0;
        for (Watch watch : watches) {
            if (!watch.isFresh()) {
                size += 1 + 1 + watch.key().rule().length() + Short.BYTES + watch.maxBytes();
                kept++;
            }
        }
        ByteBuffer to = ByteBuffer.allocate(size);
        to.put(VERSION);
        to.put((byte) ((lastAt == NONE ? 0 : HAS_VALUE)
                | (lastArrival == NONE ? 0 : HAS_ARRIVAL)
                | (dueAt == SilenceWatch.NEVER ? 0 : IS_DUE)));
        if (lastAt != NONE) {
            to.putLong(lastAt);
        }
        if (lastArrival != NONE) {
            to.putLong(lastArrival);
        }
        if (dueAt != SilenceWatch.NEVER) {
            to.putLong(dueAt);
        }
        to.putShort(kept);
        for (Watch watch : watches) {
            if (!watch.isFresh()) {
                Key key = watch.key();
                byte[] name = key.rule().getBytes(StandardCharsets.US_ASCII);
                to.put(key.kind().code()).putShort((short) key.shape()).put((byte) name.length);
                to.put(name);
                watch.write(to);
            }
        }
        return Arrays.copyOf(to.array(), to.position());
    }

    /**
     * The series that {@link #encode} wrote.
     *
     * @throws IllegalArgumentException when the bytes are of another version, or none of this at all
     */
    public static Series decode(byte[] bytes) {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        try {
            byte version = from.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("state of a series of version " + version);
            }
            byte has = from.get();
            long lastAt = (has & HAS_VALUE) != 0 ? from.getLong() : NONE;
            long lastArrival = (has & HAS_ARRIVAL) != 0 ? from.getLong() : NONE;
            long dueAt = (has & IS_DUE) != 0 ? from.getLong() : SilenceWatch.NEVER;
            Watch[] watches = new Watch[Short.toUnsignedInt(from.getShort())];
            for (int i = 0; i < watches.length; i++) {
                watches[i] = Watch.read(readKey(from), from);
            }
            if (from.hasRemaining()) {
                throw new IllegalArgumentException("state of a series with " + from.remaining() + " bytes too many");
            }
            return new Series(lastAt, lastArrival, dueAt, watches);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("state of a series that ends too soon", e);
        }
    }

    private static Key readKey(ByteBuffer from) {
        byte code = from.get();
        ConditionKind kind = ConditionKind.of(code)
                .orElseThrow(() -> new IllegalArgumentException("unknown kind of condition " + code));
        int shape = from.getShort();
        byte[] name = new byte[Byte.toUnsignedInt(from.get())];
        from.get(name);
        return new Key(new String(name, StandardCharsets.US_ASCII), kind, shape);
    }
}
