package dev.millrace.local.kinesis.store;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A shard's records, oldest first: a ring that grows, so that the oldest goes and any place is found in O(log n). */
final class RecordLog {

    private static final int INITIAL_CAPACITY = 64;

    private @Nullable StoredRecord[] ring = new @Nullable StoredRecord[INITIAL_CAPACITY];
    private int head;
    private int size;

    int size() {
        return size;
    }

    void append(StoredRecord stored) {
        if (size == ring.length) {
            resize(ring.length * 2);
        }
        ring[(head + size) & (ring.length - 1)] = stored;
        size++;
    }

    StoredRecord get(int index) {
        StoredRecord stored = ring[(head + index) & (ring.length - 1)];
        if (stored == null || index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        return stored;
    }

    StoredRecord removeOldest() {
        StoredRecord oldest = get(0);
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
        if (ring.length > INITIAL_CAPACITY && size < ring.length / 4) {
            resize(ring.length / 2);
        }
        return oldest;
    }

    /** The index of the first record at or after a position; the size if there is none. */
    int indexOfPosition(long position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (get(middle).position() < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The index of the first record that arrived then or later; the size if there is none. */
    int indexOfArrival(long millis) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (get(middle).arrivedAt() < millis) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void resize(int capacity) {
        @Nullable StoredRecord[] resized = new @Nullable StoredRecord[capacity];
        int untilEnd = Math.min(size, ring.length - head);
        System.arraycopy(ring, head, resized, 0, untilEnd);
        System.arraycopy(ring, 0, resized, untilEnd, size - untilEnd);
        Arrays.fill(ring, null);
        ring = resized;
        head = 0;
    }
}
