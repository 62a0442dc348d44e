package dev.millrace.core.config;

/**
 * Where values are kept that settings refer to with {@code secret:} and {@code ssm:}. Each call may block for as long as the service
 * is waited for, half a minute where nothing else was said; whoever asks does so where nothing else waits.
 */
public interface ReferenceStore {

    /** The text of a secret, by its name or ARN. */
    Answer secret(String id);

    /** The value of a parameter, decrypted where it is kept encrypted. */
    Answer parameter(String name);

    /** What became of reading one. Reasons are for people and never hold a part of a value. */
    sealed interface Answer {}

    /** It is there. */
    record Value(String text) implements Answer {

        /** Without the text. */
        @Override
        public String toString() {
            return "Value[]";
        }
    }

    /** This one cannot be read, others perhaps can. */
    record Refused(String reason) implements Answer {}

    /** The service did not answer: it makes no sense to ask it for another one now. */
    record Unreachable(String reason) implements Answer {}
}
