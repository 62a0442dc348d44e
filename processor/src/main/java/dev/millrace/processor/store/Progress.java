package dev.millrace.processor.store;

/**
 * How far a shard has been read, as committed.
 *
 * @param position the last user record whose effects are committed
 * @param epoch rises with each change of owner
 * @param closed whether the shard has ended and was read to its end
 */
public record Progress(Position position, long epoch, boolean closed) {

    /** The same at another position. */
    public Progress at(Position next, boolean nowClosed) {
        return new Progress(next, epoch, nowClosed);
    }
}
