package dev.millrace.gateway.ingest;

import dev.millrace.core.reading.Rejection;

/**
 * Why one item of a body was refused.
 *
 * @param index its place in the body, from 0; of lines, among those that are not blank
 * @param field the field that is wrong; empty where the reading as a whole is
 * @param detail what is wrong, in words for the sender; never a value that was sent
 */
public record ItemRefusal(int index, Code code, String field, String detail) {

    /** The stable code of a refusal. */
    public enum Code {
        INVALID_READING("invalid-reading"),
        TOO_LARGE("too-large"),
        FORBIDDEN("forbidden");

        private final String text;

        Code(String text) {
            this.text = text;
        }

        /** The code as the contract spells it. */
        public String text() {
            return text;
        }
    }

    static ItemRefusal of(Rejection rejection) {
        Code code =
                switch (rejection.code()) {
                    case INVALID_READING -> Code.INVALID_READING;
                    case TOO_LARGE -> Code.TOO_LARGE;
                };
        return new ItemRefusal(rejection.index(), code, rejection.field(), rejection.detail());
    }

    static ItemRefusal forbidden(int index) {
        return new ItemRefusal(index, Code.FORBIDDEN, "sensorId", "The sender may not report this sensor");
    }
}
