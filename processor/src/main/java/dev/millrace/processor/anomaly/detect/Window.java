package dev.millrace.processor.anomaly.detect;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The last values of a series, from the oldest to the newest and from the least to the greatest at once: the median is looked up,
 * and the median of the distances from it is searched for on both sides of it, so that a value costs a few comparisons.
 */
final class Window {

    /** From a median absolute deviation to the standard deviation of a normal distribution: 1 / Φ⁻¹(3/4). */
    private static final double TO_STANDARD_DEVIATION = 1.4826;

    /** A ring. */
    private final double[] values;

    /** Places in the ring, by their values, as many as there are values. */
    private final short[] ranks;

    private int count;
    private int next;

    Window(int size) {
        if (size < 1 || size > Short.MAX_VALUE) {
            throw new IllegalArgumentException("a window of " + size);
        }
        values = new double[size];
        ranks = new short[size];
    }

    private Window(Window other) {
        values = other.values.clone();
        ranks = other.ranks.clone();
        count = other.count;
        next = other.next;
    }

    Window copy() {
        return new Window(this);
    }

    boolean isFull() {
        return count == values.length;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Adds a finite value; where the window is full the oldest goes. */
    void add(double added) {
        double value = added + 0.0; // a negative zero is a zero
        int to = firstNotLess(value);
        int from = isFull() ? rankOf(next) : count++;
        if (to <= from) {
            System.arraycopy(ranks, to, ranks, to + 1, from - to);
        } else {
            to--;
            System.arraycopy(ranks, from + 1, ranks, from, to - from);
        }
        ranks[to] = (short) next;
        values[next] = value;
        next = next + 1 == values.length ? 0 : next + 1;
    }

    /** The rank of a place; equal values lie side by side. */
    private int rankOf(int place) {
        int rank = firstNotLess(values[place]);
        while (ranks[rank] != place) {
            rank++;
        }
        return rank;
    }

    private int firstNotLess(double value) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (values[ranks[middle]] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * How many robust standard deviations a value lies from the median. Where more than half of the values are the median itself,
     * the others alone tell the deviation: a sensor that sends whole degrees is not unusual when it changes by one. Where all are
     * equal nothing is known of deviations, and it is 0.
     */
    double deviation(double value) {
        double median = median();
        double deviation = medianDeviation(median);
        if (deviation == 0) {
            return 0;
        }
        return Math.min(distance(value, median) / (TO_STANDARD_DEVIATION * deviation), Double.MAX_VALUE);
    }

    private double median() {
        int middle = count / 2;
        double upper = values[ranks[middle]];
        return count % 2 == 1 ? upper : 0.5 * values[ranks[middle - 1]] + 0.5 * upper;
    }

    /** The lower median of the distances; of those that are not 0 where it would be 0. */
    private double medianDeviation(double median) {
        int right = firstNotLess(median);
        int left = right - 1;
        while (right < count && values[ranks[right]] == median) {
            right++;
        }
        int zeros = right - left - 1;
        if (zeros == count) {
            return 0;
        }
        int middle = (count + 1) / 2;
        int wanted = zeros < middle ? middle - zeros : (count - zeros + 1) / 2;
        return distanceOfRank(wanted, left, right, median);
    }

    /**
     * The wanted-th least distance of the values up to rank {@code left} and from rank {@code right} on, both of which lie further
     * away the further out they are: a search for how many of the wanted ones are on the left.
     */
    private double distanceOfRank(int wanted, int left, int right, double median) {
        int low = Math.max(0, wanted - (count - right));
        int high = Math.min(wanted, left + 1);
        while (low < high) {
            int onLeft = (low + high) >>> 1;
            double nextOnLeft = distance(values[ranks[left - onLeft]], median);
            double lastOnRight = distance(values[ranks[right + wanted - onLeft - 1]], median);
            if (nextOnLeft < lastOnRight) {
                low = onLeft + 1;
            } else {
                high = onLeft;
            }
        }
        double furthestOnLeft = low > 0 ? distance(values[ranks[left - low + 1]], median) : 0;
        double furthestOnRight = low < wanted ? distance(values[ranks[right + wanted - low - 1]], median) : 0;
        return Math.max(furthestOnLeft, furthestOnRight);
    }

    private static double distance(double one, double other) {
        return Math.min(Math.abs(one - other), Double.MAX_VALUE);
    }

    /** What {@link #write} writes when it is full. */
    int maxBytes() {
        return Short.BYTES + values.length * Double.BYTES;
    }

    /** Writes the values from the oldest on; their ranks follow from them. */
    void write(ByteBuffer to) {
        to.putShort((short) count);
        int oldest = isFull() ? next : 0;
        for (int i = 0; i < count; i++) {
            to.putDouble(values[(oldest + i) % values.length]);
        }
    }

    static Window read(int size, ByteBuffer from) {
        Window window = new Window(size);
        int count = from.getShort();
        if (count < 0 || count > size) {
            throw new IllegalArgumentException("a window of " + size + " with " + count + " values");
        }
        Integer[] places = new Integer[count];
        for (int i = 0; i < count; i++) {
            window.values[i] = from.getDouble();
            places[i] = i;
        }
        Arrays.sort(places, (one, other) -> Double.compare(window.values[one], window.values[other]));
        for (int i = 0; i < count; i++) {
            window.ranks[i] = places[i].shortValue();
        }
        window.count = count;
        window.next = count == size ? 0 : count;
        return window;
    }
}
