package dev.millrace.processor.store;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.DatabaseLogin;
import dev.millrace.core.connect.LoginRenewal;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/**
 * Brings the schema up to date, with the owner's login. Several processes may do so at once: Flyway lets one go first. Blocks
 * its thread, as JDBC does.
 */
public final class FlywayMigrations {

    /** What a migration waits for a lock at most: a table that is in use must not be blocked by one that waits for it. */
    private static final String LOCK_TIMEOUT = "5s";

    private static final int CONNECT_TIMEOUT_SECONDS = 10;

    private final DatabaseConfig config;
    private final LoginRenewal login;
    private final FirstLogins firstLogins;

    public FlywayMigrations(DatabaseConfig config) {
        this(config, new LoginRenewal(config, System::nanoTime), List.of());
    }

    /**
     * Migrations, and who may log in after them.
     *
     * @param login what it logs in with
     * @param firstLogins roles that are to log in with these passwords, where they cannot log in yet
     */
    public FlywayMigrations(DatabaseConfig config, LoginRenewal login, List<DatabaseLogin> firstLogins) {
        this.config = config;
        this.login = login;
        this.firstLogins = new FirstLogins(firstLogins);
    }

    /** What became of it. */
    public sealed interface Migrated {}

    /**
     * The schema is up to date.
     *
     * @param applied how many migrations that took
     */
    public record UpToDate(int applied) implements Migrated {}

    /** The database was away, or refused; nothing is half done, since each migration is a transaction. */
    public record Failed(String reason) implements Migrated {}

    /** Applies the migrations that are missing, then lets those roles log in that cannot yet. */
    public Migrated migrate() {
        DatabaseLogin with = login.current();
        try {
            return migrate(with);
        } catch (FlywayException | SQLException e) {
            Optional<DatabaseLogin> other =
                    isRefusedLogin(e) ? login.instead(with, root(e)).join() : Optional.empty();
            return other.map(this::retry).orElseGet(() -> new Failed(reason(e)));
        }
    }

    private Migrated retry(DatabaseLogin other) {
        try {
            return migrate(other);
        } catch (FlywayException | SQLException e) {
            return new Failed(reason(e));
        }
    }

    private Migrated migrate(DatabaseLogin with) throws SQLException {
        PGSimpleDataSource source = dataSource(with);
        int applied = Flyway.configure(FlywayMigrations.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .initSql("SET lock_timeout = '" + LOCK_TIMEOUT + "'")
                .connectRetries(0)
                .load()
                .migrate()
                .migrationsExecuted;
        firstLogins.letIn(source);
        return new UpToDate(applied);
    }

    private static boolean isRefusedLogin(Exception failure) {
        return root(failure) instanceof SQLException refusal
                && ("28P01".equals(refusal.getSQLState()) || "28000".equals(refusal.getSQLState()));
    }

    PGSimpleDataSource dataSource(DatabaseLogin with) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {config.host()});
        source.setPortNumbers(new int[] {config.port()});
        source.setDatabaseName(config.database());
        source.setUser(with.user());
        source.setPassword(with.password());
        source.setSslMode(config.sslMode().text());
        config.rootCertificates()
                .ifPresentOrElse(
                        bundle -> source.setSslRootCert(bundle.file().toString()), () -> trustWhomJavaTrusts(source));
        source.setApplicationName("millrace-migration");
        source.setConnectTimeout(CONNECT_TIMEOUT_SECONDS);
        source.setLoginTimeout(CONNECT_TIMEOUT_SECONDS);
        // No socket time-out: a migration may be silent for as long as it takes, and to break off one that works would
        // begin it
        // anew for ever. A server that has vanished is found by the system's keepalive instead.
        source.setTcpKeepAlive(true);
        return source;
    }

    private void trustWhomJavaTrusts(PGSimpleDataSource source) {
        if (config.sslMode().isVerifying()) {
            source.setSslfactory(DefaultJavaSSLFactory.class.getName());
        }
    }

    /** The root of it: Flyway tells its own framing first. */
    private static String reason(Throwable failure) {
        Throwable cause = root(failure);
        if (cause instanceof UnknownHostException) {
            return "unknown host " + cause.getMessage();
        }
        String message = String.valueOf(cause.getMessage());
        return message.lines().findFirst().orElse(message).strip();
    }

    private static Throwable root(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
