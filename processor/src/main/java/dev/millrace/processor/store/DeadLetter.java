package dev.millrace.processor.store;

import dev.millrace.core.wire.UserRecord;

/**
 * A user record that is no reading, or cannot be stored.
 *
 * @param arrivedAt microseconds since 1970
 * @param field the field that is wrong; empty where the record as a whole is
 * @param detail what is wrong, in words; never a value
 */
public record DeadLetter(
        Position position, long arrivedAt, UserRecord record, Reason reason, String field, String detail) {

    /** Why, as the database and the metrics spell it. */
    public enum Reason {
        MALFORMED("malformed"),
        INVALID_READING("invalid-reading"),
        TOO_LARGE("too-large"),
        /** It is a reading, and the database refuses to store it. */
        UNSTORABLE("unstorable");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }
}
