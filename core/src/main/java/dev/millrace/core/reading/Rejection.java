package dev.millrace.core.reading;

/**
 * Why one reading of a body was refused.
 *
 * @param index its place in the body, from 0
 * @param field the field that is wrong, as sent but cut to 64 characters; empty where the reading as a whole is
 * @param detail what is wrong, in words for the sender; never a value that was sent
 */
public record Rejection(int index, Code code, String field, String detail) {

    /** The stable code of a rejection. */
    public enum Code {
        INVALID_READING("invalid-reading"),
        TOO_LARGE("too-large");

        private final String text;

        Code(String text) {
            this.text = text;
        }

        /** The code as the contract spells it. */
        public String text() {
            return text;
        }
    }
}
