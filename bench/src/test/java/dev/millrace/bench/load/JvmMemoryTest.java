package dev.millrace.bench.load;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, disabledReason = "resident memory is read from /proc")
class JvmMemoryTest {

    private static final int MEBIBYTE = 1024 * 1024;

    @Test
    void countsWhatIsReachableAndNoGarbage() throws Exception {
        // Given
        long pid = ProcessHandle.current().pid();
        JvmMemory before = JvmMemory.of(pid);

        // When 16 MiB are kept and 64 are not
        byte[] kept = new byte[16 * MEBIBYTE];
        int garbage = 0;
        for (int i = 0; i < 64; i++) {
            garbage += new byte[MEBIBYTE].length;
        }
        JvmMemory after;
        try {
            after = JvmMemory.of(pid);
        } finally {
            Reference.reachabilityFence(kept);
        }

        // Then, but for what else was thrown away meanwhile
        long more = after.heapSince(before);
        assertTrue(more > kept.length - MEBIBYTE && more < garbage, () -> more + " bytes more");
        assertTrue(after.resident() > kept.length);
    }
}
