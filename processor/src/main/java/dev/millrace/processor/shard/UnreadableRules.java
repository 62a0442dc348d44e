package dev.millrace.processor.shard;

/** The rules that are in force for a shard are not here, or this version of the processor cannot read them. */
final class UnreadableRules extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnreadableRules(String message) {
        super(message);
    }
}
