package dev.millrace.gateway.auth;

import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The keys in force, by their hashes: an immutable hash table with open addressing, asked without allocating. */
public final class KeySet {

    /** No key at all. */
    static final KeySet EMPTY = new KeySet(List.of());

    private final @Nullable Entry[] slots;
    private final int size;

    /** One key. */
    static final class Entry {
        private final byte[] sha256;
        private final Authentication.Authenticated authenticated;

        /** @param sha256 its 32 bytes, kept */
        Entry(byte[] sha256, Principal principal) {
            this.sha256 = sha256;
            this.authenticated = new Authentication.Authenticated(principal);
        }
    }

    /** @param entries no two of one hash */
    KeySet(List<Entry> entries) {
        size = entries.size();
        // at most half full: a search ends at an empty slot soon
        slots = new @Nullable Entry[Integer.highestOneBit(Math.max(1, size)) * 4];
        for (Entry entry : entries) {
            int slot = first(entry.sha256);
            while (slots[slot] != null) {
                slot = next(slot);
            }
            slots[slot] = entry;
        }
    }

    /**
     * Whose key has this hash. The comparison takes the same time wherever two hashes differ. The way to it shows some
     * bits of the hash of what was presented, which tell nothing about any key.
     */
    Optional<Authentication.Authenticated> find(byte[] sha256) {
        int slot = first(sha256);
        for (Entry entry = slots[slot]; entry != null; entry = slots[slot]) {
            if (MessageDigest.isEqual(entry.sha256, sha256)) {
                return Optional.of(entry.authenticated);
            }
            slot = next(slot);
        }
        return Optional.empty();
    }

    /** How many keys. */
    public int size() {
        return size;
    }

    private int first(byte[] sha256) {
        int bits = sha256[0] << 24 | (sha256[1] & 0xff) << 16 | (sha256[2] & 0xff) << 8 | (sha256[3] & 0xff);
        return bits & (slots.length - 1);
    }

    private int next(int slot) {
        return (slot + 1) & (slots.length - 1);
    }
}
