package dev.millrace.core.wire;

/**
 * The part of the hash key space that a shard holds.
 *
 * @param start the lowest hash key in it
 * @param end the highest hash key in it, included
 */
public record HashKeyRange(HashKey start, HashKey end) {

    public HashKeyRange {
        if (start.compareTo(end) > 0) {
            throw new IllegalArgumentException("a hash key range must not end before it starts");
        }
    }

    public boolean contains(HashKey key) {
        return start.compareTo(key) <= 0 && key.compareTo(end) <= 0;
    }

    /** Whether the two have a hash key in common. */
    public boolean overlaps(HashKeyRange other) {
        return start.compareTo(other.end) <= 0 && other.start.compareTo(end) <= 0;
    }
}
