package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.Measurement;
import dev.millrace.processor.anomaly.SeriesId;
import dev.millrace.processor.anomaly.detect.Series;
import dev.millrace.processor.store.JournalPage;
import dev.millrace.processor.store.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Pages of a journal: what is written is read, and nothing is believed that is not whole. */
class UnfedTest {

    private static final SeriesId OVEN = new SeriesId("oven-1", "temperature");
    private static final SeriesId STATUS = new SeriesId("oven-1", "état");

    private static Position at(int place) {
        return new Position(Integer.toString(place), 0);
    }

    private record Value(long at, long arrivedAt, Measurement measurement) {}

    private static JournalPage page(int from, int to, Value... values) {
        SeriesMemory memory = new SeriesMemory(() -> 100);
        for (Value value : values) {
            SeriesId id = value.measurement instanceof Measurement.Numeric ? OVEN : STATUS;
            if (memory.find(id).isEmpty()) {
                memory.load(id, Series.fresh());
            }
            memory.touch(id).fed(value.at, value.arrivedAt, value.measurement);
        }
        return new JournalPage(at(from), at(to), Unfed.write(memory.touched()));
    }

    private static Value number(long at) {
        return new Value(at, -at, new Measurement.Numeric(OVEN.metric(), at / 3.0));
    }

    private static Value text(long at, String text) {
        return new Value(at, at + 1, new Measurement.State(STATUS.metric(), text));
    }

    private static List<Value> taken(Unfed unfed, SeriesId id) {
        List<Value> values = new ArrayList<>();
        unfed.read(id, (at, arrivedAt, measurement) -> values.add(new Value(at, arrivedAt, measurement)));
        unfed.remove(id);
        return values;
    }

    private static Optional<Unfed> between(int from, int to, JournalPage... pages) {
        return Unfed.between(at(from), at(to), List.of(pages));
    }

    @Test
    void whatWasFedIsGivenOncePerSeriesInItsOrder() {
        Unfed unfed = between(
                        1,
                        4,
                        page(1, 2, number(1), text(2, "läuft"), number(3)),
                        page(2, 3),
                        page(3, 4, number(7), text(9, "")))
                .orElseThrow();

        assertEquals(2, unfed.size());
        assertEquals(List.of(number(1), number(3), number(7)), taken(unfed, OVEN));
        assertEquals(List.of(), taken(unfed, OVEN));
        assertEquals(List.of(STATUS), unfed.some(5));
        assertEquals(List.of(text(2, "läuft"), text(9, "")), taken(unfed, STATUS));
        assertEquals(0, unfed.size());
    }

    @Test
    void whatTheMarkHasPassedIsLeftOutButForWhereItLies() {
        JournalPage[] pages = {page(1, 3, number(1)), page(3, 6, number(3)), page(6, 8, number(6))};

        assertEquals(List.of(number(6)), taken(between(6, 8, pages).orElseThrow(), OVEN));
        // the mark of one who was fed again lies anywhere
        assertEquals(List.of(number(3), number(6)), taken(between(5, 8, pages).orElseThrow(), OVEN));
    }

    @Test
    void aJournalThatLacksSomethingIsNone() {
        assertTrue(between(1, 4).isEmpty());
        assertTrue(between(1, 4, page(1, 2), page(3, 4)).isEmpty(), "in the middle");
        assertTrue(between(1, 4, page(2, 3), page(3, 4)).isEmpty(), "at the beginning");
        assertTrue(between(1, 4, page(1, 2), page(2, 3)).isEmpty(), "at the end");
        assertTrue(between(1, 4, page(1, 4), page(4, 5)).isEmpty(), "it goes on");
    }

    @Test
    void aPageThatCannotBeReadMakesTheJournalNone() {
        byte[] whole = page(1, 2, number(1), text(2, "on")).fed();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            Optional<Unfed> unfed = between(1, 2, new JournalPage(at(1), at(2), cut));
            // where it ends between two series nobody can tell; a commit never writes that
            assertTrue(unfed.isEmpty() || unfed.get().size() < 2, "cut after " + length);
        }
        byte[] other = whole.clone();
        other[0]++;
        assertTrue(between(1, 2, new JournalPage(at(1), at(2), other)).isEmpty());
        byte[] huge = whole.clone();
        Arrays.fill(huge, 1, 5, (byte) 0x7F);
        assertTrue(between(1, 2, new JournalPage(at(1), at(2), huge)).isEmpty());
    }
}
