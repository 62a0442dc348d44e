package dev.millrace.processor.anomaly.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class WindowTest {

    /** What the window says, from the values as they are. */
    private static double plain(Deque<Double> last, double value) {
        double[] sorted = last.stream().mapToDouble(v -> v).sorted().toArray();
        int n = sorted.length;
        double median = n % 2 == 1 ? sorted[n / 2] : 0.5 * sorted[n / 2 - 1] + 0.5 * sorted[n / 2];
        double[] distances =
                Arrays.stream(sorted).map(v -> Math.abs(v - median)).sorted().toArray();
        double deviation = distances[(n + 1) / 2 - 1];
        if (deviation == 0) {
            distances = Arrays.stream(distances).filter(d -> d != 0).toArray();
            if (distances.length == 0) {
                return 0;
            }
            deviation = distances[(distances.length + 1) / 2 - 1];
        }
        return Math.abs(value - median) / (1.4826 * deviation);
    }

    /** Few different values, so that equal ones are the rule. */
    @Property
    void saysWhatSortingAllValuesEachTimeWould(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 12) int size,
            @ForAll @IntRange(min = 1, max = 6) int kinds) {
        Random random = new Random(seed);
        Window window = new Window(size);
        Deque<Double> last = new ArrayDeque<>();
        for (int i = 0; i < 60; i++) {
            double value = random.nextInt(kinds) - 2.5;
            if (window.isFull()) {
                assertEquals(plain(last, value), window.deviation(value));
            }
            if (random.nextInt(5) == 0) {
                ByteBuffer bytes = ByteBuffer.allocate(window.maxBytes());
                window.write(bytes);
                window = Window.read(size, bytes.flip());
            }
            if (random.nextInt(5) == 0) {
                Window abandoned = window;
                window = window.copy();
                abandoned.add(1e9);
            }
            window.add(value);
            last.addLast(value);
            if (last.size() > size) {
                last.removeFirst();
            }
        }
    }
}
