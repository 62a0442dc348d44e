package dev.millrace.bench.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MachineCpuTest {

    @Test
    void isBusyWithAllButWaiting() {
        assertEquals(
                Duration.ofMillis(1_110),
                MachineCpu.busy("cpu  100 1 2 7000 9000 3 4 1 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"));
    }

    @Test
    void workOfOthersIsAReasonForVoid() {
        Duration second = Duration.ofSeconds(1);
        assertEquals(0.5, MachineCpu.otherWork(Duration.ofMillis(1_800), Duration.ofMillis(1_300), second), 1e-9);
        assertEquals(0, MachineCpu.otherWork(Duration.ofMillis(100), Duration.ofMillis(110), second));
        assertEquals(List.of(), MachineCpu.flaws(0.2));
        assertEquals(List.of("other work used 0.5 processors"), MachineCpu.flaws(0.5));
    }
}
