package dev.millrace.processor.store;

/** What became of a commit. */
public sealed interface CommitResult {

    /**
     * All of it is stored.
     *
     * @param rows how many rows were new
     */
    record Committed(int rows) implements CommitResult {}

    /**
     * None of it is stored, because the position or the epoch is not the one that it began from: someone else has committed,
     * or this process has, without learning of it. The position must be read again.
     */
    record Fenced() implements CommitResult {}

    /**
     * None of it is stored, because the database refuses a row of it for what the row is: a value out of range (SQLSTATE class 22)
     * or a constraint that the row breaks (class 23). The same work will be refused again.
     *
     * @param sqlState five characters
     * @param reason for people, without values and secrets
     */
    record Refused(String sqlState, String reason) implements CommitResult {}

    /**
     * The database was away, or refused. Either all of it is stored or nothing; the position, read again, tells.
     *
     * @param reason for people, without values and secrets
     */
    record Unavailable(String reason) implements CommitResult {}
}
