package dev.millrace.processor.store;

import io.vertx.pgclient.PgException;
import java.util.Optional;

/**
 * What a refusal of PostgreSQL means, told by its SQLSTATE and the constraint that it names (PostgreSQL manual, appendix A), never
 * by its message. Only what a row's content causes is lasting: all else, a full disk, a server that only reads, a deadlock,
 * passes.
 */
final class PgRefusal {

    private static final String DATA_EXCEPTION = "22";
    private static final String INTEGRITY_VIOLATION = "23";
    private static final String NOT_NULL_VIOLATION = "23502";
    /** No row's content causes it: what may be there already is inserted so that it may. */
    private static final String UNIQUE_VIOLATION = "23505";

    private static final String CHECK_VIOLATION = "23514";

    /** Raised by functions and triggers, whose words are somebody else's. */
    private static final String RAISED = "P0";

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private PgRefusal() {}

    /** The refusal as a commit's result, where a row's content causes it; empty: an outage. */
    static Optional<CommitResult.Refused> ofRow(PgException refusal) {
        String sqlState = refusal.getSqlState();
        boolean lasting = sqlState.startsWith(DATA_EXCEPTION)
                || (sqlState.startsWith(INTEGRITY_VIOLATION) && !isHole(refusal) && !UNIQUE_VIOLATION.equals(sqlState));
        return lasting ? Optional.of(new CommitResult.Refused(sqlState, reason(refusal))) : Optional.empty();
    }

    /** The same of a failed use. */
    static Optional<CommitResult.Refused> ofRow(PgSession.Failure failure) {
        return failure.getCause() instanceof PgException refusal ? ofRow(refusal) : Optional.empty();
    }

    /** Whether a row lock was waited for in vain. */
    static boolean isLocked(PgSession.Failure failure) {
        return failure.getCause() instanceof PgException refusal && LOCK_NOT_AVAILABLE.equals(refusal.getSqlState());
    }

    /** Whether a row's time has no partition: PostgreSQL answers as to a broken check, but names no constraint. */
    private static boolean isHole(PgException refusal) {
        return CHECK_VIOLATION.equals(refusal.getSqlState()) && refusal.getConstraint() == null;
    }

    /**
     * Why, for people. Messages about values, and those of functions, may hold values, as DETAIL does: these are replaced by
     * the names of what refuses.
     */
    static String reason(PgException refusal) {
        return words(refusal) + " (SQLSTATE " + refusal.getSqlState() + ")";
    }

    private static String words(PgException refusal) {
        String sqlState = refusal.getSqlState();
        if (isHole(refusal)) {
            return "a partition is missing for a row's time in table " + refusal.getTable();
        }
        if (sqlState.equals(NOT_NULL_VIOLATION)) {
            return "column " + refusal.getColumn() + " of table " + refusal.getTable() + " must not be null";
        }
        if (sqlState.startsWith(INTEGRITY_VIOLATION)) {
            return "constraint " + refusal.getConstraint() + " of table " + refusal.getTable() + " is broken";
        }
        if (sqlState.startsWith(DATA_EXCEPTION)) {
            return "a value cannot be stored";
        }
        return sqlState.startsWith(RAISED) ? "a function refuses" : refusal.getErrorMessage();
    }
}
