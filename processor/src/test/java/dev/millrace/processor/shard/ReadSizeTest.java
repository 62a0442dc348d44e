package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReadSizeTest {

    private final ReadSize size = new ReadSize();

    @Test
    void allThatKinesisAnswersIsExpectedUntilRecordsAreKnown() {
        size.answered(0, 0, 1);

        assertEquals(new ReadSize.Next(ReadSize.MAX_RECORDS, ReadSize.MAX_ANSWER_BYTES), size.next());
    }

    @Test
    void anIdleShardExpectsLittle() {
        size.answered(0, 0, 0);

        assertEquals(new ReadSize.Next(ReadSize.MAX_RECORDS, ReadSize.WANTED_BYTES), size.next());
    }

    @Test
    void oneRecordAtLeastAndNoMoreThanKinesisTakes() {
        size.answered(1, ReadSize.MAX_ANSWER_BYTES, 1);
        assertEquals(new ReadSize.Next(1, ReadSize.MAX_ANSWER_BYTES), size.next());

        ReadSize small = new ReadSize();
        small.answered(100, 100, 1);
        assertEquals(new ReadSize.Next(ReadSize.MAX_RECORDS, ReadSize.MAX_RECORDS), small.next());
    }

    @Test
    void largeRecordsAreForgottenSlowly() {
        size.answered(2, ReadSize.WANTED_BYTES, 1);
        assertEquals(2, size.next().records());

        int answers = 0;
        while (size.next().records() < 1_000) {
            size.answered(1, 1_000, 1);
            answers++;
        }
        int needed = answers;
        assertTrue(needed > 5 && needed < 12, () -> needed + " answers");
    }
}
