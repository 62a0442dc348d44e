package dev.millrace.processor.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.processor.store.Gap;
import dev.millrace.processor.store.Position;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ResumptionTest {

    private static final long DAY = 86_400_000_000L;
    private static final Position POSITION = new Position("17", 3);
    private static final long NOW = 100 * DAY;

    private static ShardRead.Records answer(long millisBehind, String... sequenceNumbers) {
        List<ShardRecord> records = List.of(sequenceNumbers).stream()
                .map(number -> new ShardRecord(number, "key", NOW - 5, new byte[0]))
                .toList();
        return new ShardRead.Records(records, millisBehind, false, NOW);
    }

    private static Resumption readTo(long micros) {
        return new Resumption(POSITION, OptionalLong.of(0), OptionalLong.of(micros), DAY);
    }

    @Test
    void whereThePositionsRecordComesFirstThereIsNoGap() {
        assertEquals(Optional.empty(), readTo(0).gap(answer(0, "17", "18")));
    }

    @Test
    void whereAnotherRecordComesFirstThereIs() {
        assertEquals(
                Optional.of(new Gap(POSITION, OptionalLong.of(7), Optional.of("18"), NOW - 5)),
                readTo(7).gap(answer(0, "18", "19")));
    }

    @Test
    void aShardThatLayIdleForLongerThanTheRetentionLostNothing() {
        assertEquals(Optional.empty(), readTo(NOW - DAY).gap(answer(0, "18")));
        assertEquals(Optional.empty(), readTo(NOW - DAY).gap(answer(0)));
    }

    @Test
    void anEmptyAnswerAtTheTipShowsThatThePositionIsGone() {
        assertEquals(
                Optional.of(new Gap(POSITION, OptionalLong.of(NOW - DAY - 1), Optional.empty(), NOW)),
                readTo(NOW - DAY - 1).gap(answer(0)));
    }

    @Test
    void anEmptyAnswerBeforeTheTipSaysNothingYet() {
        Resumption resumption = readTo(7);

        assertEquals(Optional.empty(), resumption.gap(answer(1_000)));
        assertEquals(resumption, resumption.after(answer(1_000)));
        assertEquals(Resumption.NONE, resumption.after(answer(1_000, "18")));
    }

    @Test
    void onceSettledNothingIsAGap() {
        assertEquals(Optional.empty(), Resumption.NONE.gap(answer(0, "18")));
    }

    @Test
    void whereItIsNotKnownHowFarWasReadThePositionDecides() {
        Resumption unknown = new Resumption(POSITION, OptionalLong.of(0), OptionalLong.empty(), DAY);

        assertEquals(
                Optional.of(new Gap(POSITION, OptionalLong.empty(), Optional.of("18"), NOW - 5)),
                unknown.gap(answer(0, "18")));
    }

    @Test
    void aRecordThatIsGoneBeforeItsTimeLetsNothingBeTakenForRead() {
        // the retention was shorter when it was trimmed
        Resumption young = new Resumption(POSITION, OptionalLong.of(NOW - DAY + 1), OptionalLong.of(NOW - 5), DAY);

        assertEquals(
                Optional.of(new Gap(POSITION, OptionalLong.of(NOW - 5), Optional.of("18"), NOW - 5)),
                young.gap(answer(0, "18")));
    }
}
