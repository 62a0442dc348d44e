package dev.millrace.processor.shard;

import dev.millrace.core.wire.UserRecord;
import dev.millrace.processor.store.DeadLetter;
import java.util.Optional;

/** What is stored in the place of a user record that the database refuses for what it is. */
final class Unstorable {

    private Unstorable() {}

    /** The same record told with less: of a reading a dead letter, of that one without data; nothing below that. */
    static Optional<Batch.Item> lesser(Batch.Item item, String sqlState) {
        return switch (item) {
            case Batch.Accepted accepted ->
                Optional.of(new Batch.Refused(new DeadLetter(
                        accepted.position(),
                        accepted.arrivedAt(),
                        accepted.source(),
                        DeadLetter.Reason.UNSTORABLE,
                        "",
                        "The database refuses it (SQLSTATE " + sqlState + ")")));
            case Batch.Refused(DeadLetter letter) -> {
                UserRecord source = letter.record();
                if (source.length() == 0 && letter.field().isEmpty()) {
                    yield Optional.empty();
                }
                UserRecord bare = new UserRecord("", source.hashKey(), source.subSequenceNumber(), new byte[0], 0, 0);
                yield Optional.of(new Batch.Refused(new DeadLetter(
                        letter.position(),
                        letter.arrivedAt(),
                        bare,
                        letter.reason(),
                        "",
                        "The database refuses it (SQLSTATE " + sqlState + ")")));
            }
        };
    }
}
