package dev.millrace.processor.anomaly.detect;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where a condition stands for a series:
 *
 * <pre>
 *            breached                 breached for `for`, not refractory
 *    Quiet ───────────▶ Pending ─────────────────────────────▶ Open
 *      ▲                   │                                     │
 *      └── not breached ───┘                                     │
 *      ▲                                 cleared for `clearFor`  │
 *      └─────────────────────────────────────────────────────────┘
 * </pre>
 *
 * With a delay of 0 the step is taken by the very reading. Delays are differences of timestamps of readings: what the reading that
 * shows it says, never a clock. All are immutable, so that copies of a series share them; the one that nearly all series are in is
 * one object.
 */
sealed interface Phase {

    /** The most bytes that {@link #write} writes. */
    int MAX_BYTES = 1 + 5 * Long.BYTES;

    /** The last opening, as long as it is refractory. */
    record Last(long openedAt, double peak) {}

    /** Nothing. */
    record Quiet(Optional<Last> last) implements Phase {

        static final Quiet NEW = new Quiet(Optional.empty());

        private Quiet at(BoundCondition bound, long at) {
            if (last.isEmpty() || bound.remembered(last, at).isPresent()) {
                return this;
            }
            return NEW;
        }
    }

    /** Breached, but not for long enough, or too soon after the last opening. */
    record Pending(long since, Optional<Last> last) implements Phase {}

    /** An anomaly is open. */
    record Open(long openedAt, double peak, long count, long arrivedAt, OptionalLong clearSince) implements Phase {

        Course course() {
            return new Course(OptionalLong.empty(), arrivedAt, peak, count, Course.OPENED);
        }

        Course closed(long at, long arrivedAt) {
            return new Course(
                    OptionalLong.of(Math.max(at, openedAt)),
                    Math.max(arrivedAt, this.arrivedAt),
                    peak,
                    count,
                    Course.CLOSED);
        }
    }

    /** The phase after a reading that breaches the condition. */
    default Phase breached(BoundCondition bound, long at, long arrivedAt, double measure) {
        return switch (this) {
            case Quiet(Optional<Last> last) -> pending(bound, at, last, at, arrivedAt, measure);
            case Pending(long since, Optional<Last> last) -> pending(bound, since, last, at, arrivedAt, measure);
            case Open open ->
                new Open(
                        open.openedAt,
                        bound.worse(measure, open.peak),
                        open.count + 1,
                        arrivedAt,
                        OptionalLong.empty());
        };
    }

    private static Phase pending(
            BoundCondition bound, long since, Optional<Last> last, long at, long arrivedAt, double measure) {
        if (at - since >= bound.condition().delay().on() && bound.mayOpen(last, at, measure)) {
            return new Open(at, measure, 1, arrivedAt, OptionalLong.empty());
        }
        return new Pending(since, bound.remembered(last, at));
    }

    /** The phase after a reading between the limit and the one that clears it: what is open stays so, nothing else begins. */
    default Phase between(BoundCondition bound, long at) {
        return switch (this) {
            case Quiet quiet -> quiet.at(bound, at);
            case Pending(long _, Optional<Last> last) -> quiet(bound.remembered(last, at));
            case Open open when open.clearSince.isEmpty() -> open;
            case Open open -> new Open(open.openedAt, open.peak, open.count, open.arrivedAt, OptionalLong.empty());
        };
    }

    /** The phase after a reading that clears the condition. */
    default Phase cleared(BoundCondition bound, long at) {
        return switch (this) {
            case Quiet quiet -> quiet.at(bound, at);
            case Pending(long _, Optional<Last> last) -> quiet(bound.remembered(last, at));
            case Open open
            when at - open.clearSince.orElse(at) >= bound.condition().delay().off() -> rest(open, bound, at);
            case Open open
            when open.clearSince.isEmpty() ->
                new Open(open.openedAt, open.peak, open.count, open.arrivedAt, OptionalLong.of(at));
            case Open open -> open;
        };
    }

    /** The phase after an anomaly. */
    static Phase rest(Open open, BoundCondition bound, long at) {
        return quiet(bound.remembered(Optional.of(new Last(open.openedAt, open.peak)), at));
    }

    private static Phase quiet(Optional<Last> last) {
        return last.isEmpty() ? Quiet.NEW : new Quiet(last);
    }

    default void write(ByteBuffer to) {
        switch (this) {
            case Quiet(Optional<Last> last) -> {
                to.put((byte) (last.isEmpty() ? 0 : 1));
                write(last, to);
            }
            case Pending(long since, Optional<Last> last) -> {
                to.put((byte) (last.isEmpty() ? 2 : 3)).putLong(since);
                write(last, to);
            }
            case Open(long openedAt, double peak, long count, long arrivedAt, OptionalLong clearSince) -> {
                to.put((byte) (clearSince.isEmpty() ? 4 : 5));
                to.putLong(openedAt).putDouble(peak).putLong(count).putLong(arrivedAt);
                clearSince.ifPresent(to::putLong);
            }
        }
    }

    private static void write(Optional<Last> last, ByteBuffer to) {
        last.ifPresent(opening -> to.putLong(opening.openedAt).putDouble(opening.peak));
    }

    /** The phase that {@link #write} wrote. */
    static Phase read(ByteBuffer from) {
        byte tag = from.get();
        return switch (tag) {
            case 0 -> Quiet.NEW;
            case 1 -> new Quiet(Optional.of(readLast(from)));
            case 2 -> new Pending(from.getLong(), Optional.empty());
            case 3 -> new Pending(from.getLong(), Optional.of(readLast(from)));
            case 4, 5 ->
                new Open(
                        from.getLong(),
                        from.getDouble(),
                        from.getLong(),
                        from.getLong(),
                        tag == 5 ? OptionalLong.of(from.getLong()) : OptionalLong.empty());
            default -> throw new IllegalArgumentException("unknown phase " + tag);
        };
    }

    private static Last readLast(ByteBuffer from) {
        return new Last(from.getLong(), from.getDouble());
    }
}
