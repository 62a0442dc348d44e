package dev.millrace.processor.alert;

/**
 * What is to be told to one destination, shared by all processes that could: one of them at a time has a message in its hands, until
 * it says what became of it or a time is over, by the database's clock. Its methods block; for one thread.
 */
public interface AlertQueue {

    /** The next thing to do, which is then this process's. */
    Step next();

    /** Says what became of what {@link #next} gave. */
    Settled settle(AlertMessage message, Result result);

    /** Gives back what it holds. */
    void close();

    /** The next thing to do. */
    sealed interface Step {}

    /**
     * Tell it.
     *
     * @param attempts how often it was told in vain
     * @param failures how often in a row, before, the destination took nothing
     */
    record Send(AlertMessage message, int attempts, int failures) implements Step {}

    /** These were not told, because they were over before they could be: ask again. */
    record Suppressed(AlertEvent event, int alerts) implements Step {}

    /** Nothing to do so soon, or somebody else does it; at most so long, more may come. */
    record Wait(long millis) implements Step {}

    /** The database was away, or refused. */
    record Away(String reason) implements Step, Settled {}

    /** What became of a message, and when to go on. */
    sealed interface Result {}

    /** It was delivered. */
    record Delivered() implements Result {}

    /** It was refused; it is told again after the delay, and other messages meanwhile. */
    record RetryMessage(String reason, long delayMillis) implements Result {}

    /**
     * The destination takes nothing, and is left alone for the delay; this message, since it may be what it cannot take, for its own.
     */
    record RetryDestination(String reason, long delayMillis, long messageDelayMillis) implements Result {}

    /** What was written of it. */
    sealed interface Settled {}

    /** It ended, or waits for its next attempt; or another process had taken it on, and says itself. */
    record Noted() implements Settled {}

    /** It was told in vain for too long, and will not be told again. */
    record GivenUp() implements Settled {}
}
