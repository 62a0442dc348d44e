package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Detection;
import dev.millrace.processor.anomaly.detect.Detector;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.store.Mark;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** G4: what is remembered of series is bounded by how much it is, and not by how many they are. */
class SeriesMemoryTest {

    private static final int CAPACITY = 60;

    /** A limit, and so many large windows. */
    private static Detector detector(int windows) {
        return new Detector(LoopRig.rules(IntStream.range(0, windows)
                .mapToObj(i -> "  - {name: odd-" + i + ", metric: temperature, severity: info,"
                        + " deviates: {by: 6, window: 500}}\n")
                .collect(Collectors.joining("", """
                        version: 1
                        rules:
                          - {name: hot, metric: temperature, severity: info, above: 90}
                        """, ""))));
    }

    /** How many of a hundred series are still there when each had a value and was written down. */
    private static int kept(Detector detector) {
        SeriesMemory memory = new SeriesMemory(() -> CAPACITY);
        Set<SeriesMemory.Entry> written = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            SeriesId id = new SeriesId("oven-" + i, "temperature");
            memory.load(id, Series.fresh());
            SeriesMemory.Entry entry = memory.touch(id);
            detector.feed(id, entry.series(), 1, 1, new Measurement.Numeric("temperature", 20), new Detection());
            entry.changed();
            written.add(entry);
        }
        memory.committed(written, Mark.START, 0);
        memory.trim();
        assertEquals(0, memory.excess());
        return memory.size();
    }

    @Test
    void seriesUnderLargeWindowsAreFewer() {
        assertEquals(CAPACITY, kept(detector(0)));
        // ten windows of 500 values take some 50 KB
        int kept = kept(detector(10));
        assertTrue(kept >= 1 && kept <= CAPACITY / 10, Integer.toString(kept));
    }
}
