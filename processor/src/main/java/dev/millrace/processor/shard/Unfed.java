package dev.millrace.processor.shard;

import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.store.JournalPage;
import dev.millrace.processor.store.Position;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a shard's journal says that its series were fed and their states may lack: kept as it is, by series, until a series is needed.
 * Taking a shard over so costs the reading of some pages, whatever the number of its series. Not thread-safe.
 */
final class Unfed {

    private static final byte VERSION = 1;

    /**
     * The most bytes of pages that the shards of a process take over so: for two of them, a minute of 3,000 readings a second each. What a
     * shard has more than its share is read again from the stream.
     */
    static final long MOST_BYTES = 16 * 1024 * 1024;

    private final Map<SeriesId, List<Part>> series;

    /** A series' values in a page. */
    private record Part(ByteBuffer page, int offset, int length) {

        ByteBuffer values() {
            return page.slice(offset, length);
        }
    }

    private Unfed(Map<SeriesId, List<Part>> series) {
        this.series = series;
    }

    /** Nothing. */
    static Unfed nothing() {
        return new Unfed(new HashMap<>());
    }

    /**
     * What was fed between two positions, and perhaps some of what was before.
     *
     * @param pages in their order
     * @return empty where something is missing in between, or cannot be read
     */
    static Optional<Unfed> between(Position from, Position to, List<JournalPage> pages) {
        Optional<List<JournalPage>> needed = chain(from, to, pages);
        if (needed.isEmpty()) {
            return Optional.empty();
        }
        Map<SeriesId, List<Part>> series = new LinkedHashMap<>();
        try {
            for (JournalPage page : needed.get()) {
                read(ByteBuffer.wrap(page.fed()), series);
            }
            return Optional.of(new Unfed(series));
        } catch (BufferUnderflowException | IndexOutOfBoundsException _) {
            return Optional.empty();
        }
    }

    /** Pages of which each begins where the one before ended: the first at {@code from} or before it, the last ends at {@code to}. */
    private static Optional<List<JournalPage>> chain(Position from, Position to, List<JournalPage> pages) {
        List<JournalPage> chain = new ArrayList<>();
        for (JournalPage page : pages) {
            if (!chain.isEmpty() && !chain.getLast().to().equals(page.from())) {
                return Optional.empty();
            }
            // feeding again what was fed does no harm
            if (page.to().isBehind(from)) {
                chain.add(page);
            }
        }
        boolean whole = !chain.isEmpty()
                && !chain.getFirst().from().isBehind(from)
                && chain.getLast().to().equals(to);
        return whole ? Optional.of(chain) : Optional.empty();
    }

    /** The bytes of a page: the names of the metrics, then of each series the sensor, which metric, and the values. */
    static byte[] write(Collection<SeriesMemory.Entry> entries) {
        Map<String, Integer> metrics = new LinkedHashMap<>();
        List<SeriesMemory.Entry> fed = new ArrayList<>();
        int size = 1 + Integer.BYTES;
        for (SeriesMemory.Entry entry : entries) {
            Optional<FedValues> values = entry.fed();
            if (values.isPresent()) {
                fed.add(entry);
                metrics.putIfAbsent(entry.id().metric(), metrics.size());
                size += 3 * Integer.BYTES
                        + 3 * entry.id().sensorId().length()
                        + values.get().length();
            }
        }
        for (String metric : metrics.keySet()) {
            size += Integer.BYTES + 3 * metric.length();
        }
        ByteBuffer to = ByteBuffer.allocate(size).put(VERSION).putInt(metrics.size());
        metrics.keySet().forEach(metric -> putText(to, metric));
        for (SeriesMemory.Entry entry : fed) {
            FedValues values = entry.fed().orElseThrow();
            putText(to, entry.id().sensorId());
            to.putInt(metrics.getOrDefault(entry.id().metric(), 0)).putInt(values.length());
            values.writeTo(to);
        }
        return Arrays.copyOf(to.array(), to.position());
    }

    private static void read(ByteBuffer page, Map<SeriesId, List<Part>> series) {
        if (page.get() != VERSION) {
            throw new BufferUnderflowException();
        }
        String[] metrics = new String[count(page)];
        for (int i = 0; i < metrics.length; i++) {
            metrics[i] = text(page);
        }
        while (page.hasRemaining()) {
            SeriesId id = new SeriesId(text(page), metrics[page.getInt()]);
            int length = count(page);
            series.computeIfAbsent(id, _ -> new ArrayList<>(1)).add(new Part(page, page.position(), length));
            page.position(page.position() + length);
        }
    }

    private static void putText(ByteBuffer to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.putInt(bytes.length).put(bytes);
    }

    private static String text(ByteBuffer from) {
        byte[] bytes = new byte[count(from)];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** How many there are of what takes a byte at least. */
    private static int count(ByteBuffer from) {
        int count = from.getInt();
        if (count < 0 || count > from.remaining()) {
            throw new BufferUnderflowException();
        }
        return count;
    }

    int size() {
        return series.size();
    }

    boolean has(SeriesId id) {
        return series.containsKey(id);
    }

    /** Some of the series. */
    List<SeriesId> some(int most) {
        return series.keySet().stream().limit(most).toList();
    }

    /** What a series was fed. */
    void read(SeriesId id, FedValues.Consumer to) {
        series.getOrDefault(id, List.of()).forEach(part -> FedValues.read(part.values(), id.metric(), to));
    }

    /** A series has it. */
    void remove(SeriesId id) {
        series.remove(id);
    }

    void clear() {
        series.clear();
    }
}
