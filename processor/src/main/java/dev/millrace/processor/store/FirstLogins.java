package dev.millrace.processor.store;

import dev.millrace.core.config.DatabaseLogin;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.util.PasswordUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets roles log in that cannot yet, each with its first password, so that a new database needs nobody who types passwords. That
 * happens once to a role: one that may log in already is left as it is, since its password may have been changed, and so is one
 * that was let in before, since somebody has shut it out. A comment on the role remembers it. The server gets a hash
 * (SCRAM-SHA-256), which is what its log would show.
 */
final class FirstLogins {

    private static final Logger LOG = LoggerFactory.getLogger(FirstLogins.class);

    /** Any number that nobody else takes: two processes that change one role at once would be refused by PostgreSQL. */
    private static final long LOCK = 0x6d696c6c72616365L;

    private static final String REMARK = "Millrace gave it its first password";

    private final List<DatabaseLogin> logins;

    FirstLogins(List<DatabaseLogin> logins) {
        this.logins = List.copyOf(logins);
    }

    /**
     * All of them or none.
     *
     * @param owner connections of one who may change the roles: who made them, or an administrator
     */
    void letIn(DataSource owner) throws SQLException {
        if (logins.isEmpty()) {
            return;
        }
        try (Connection connection = owner.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
                lock.setLong(1, LOCK);
                lock.execute();
            }
            for (DatabaseLogin login : logins) {
                if (isNew(connection, login.user())) {
                    letIn(connection, login);
                }
            }
            connection.commit();
        }
    }

    /** A role that is not there is a mistake of the settings or of the migrations. */
    private static boolean isNew(Connection connection, String role) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT NOT rolcanlogin AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM ?
                FROM pg_roles WHERE rolname = ?
                """)) {
            query.setString(1, REMARK);
            query.setString(2, role);
            try (ResultSet result = query.executeQuery()) {
                if (!result.next()) {
                    throw new SQLException("there is no role " + role + " that could be let in");
                }
                return result.getBoolean(1);
            }
        }
    }

    private static void letIn(Connection connection, DatabaseLogin login) throws SQLException {
        String verifier = PasswordUtil.encodeScramSha256(login.password().toCharArray());
        try (Statement statement = connection.createStatement()) {
            String role = statement.enquoteIdentifier(login.user(), true);
            statement.execute("ALTER ROLE " + role + " LOGIN PASSWORD " + statement.enquoteLiteral(verifier));
            statement.execute("COMMENT ON ROLE " + role + " IS " + statement.enquoteLiteral(REMARK));
        }
        LOG.info("The role {} may log in from now on", login.user());
    }
}
