package dev.millrace.gateway.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.gateway.ingest.SensorScope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeySetTest {

    @Test
    void hashesThatBeginAlikeAreToldApart() {
        List<KeySet.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            entries.add(new KeySet.Entry(hash(i), new Principal("n" + i, Role.READER, SensorScope.ALL)));
        }
        KeySet keys = new KeySet(entries);

        for (int i = 0; i < 100; i++) {
            assertEquals("n" + i, keys.find(hash(i)).orElseThrow().principal().name());
        }
        assertTrue(keys.find(hash(100)).isEmpty());
        assertTrue(keys.find(new byte[32]).isEmpty());
    }

    @Test
    void aSetOfNoneFindsNone() {
        assertTrue(KeySet.EMPTY.find(hash(1)).isEmpty());
    }

    /** A hash that differs from its like in the last byte alone, and begins with the highest bit set. */
    private static byte[] hash(int last) {
        byte[] hash = new byte[32];
        java.util.Arrays.fill(hash, (byte) 0xfe);
        hash[31] = (byte) last;
        return hash;
    }
}
