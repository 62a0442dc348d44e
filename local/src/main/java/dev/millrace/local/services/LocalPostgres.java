package dev.millrace.local.services;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An embedded PostgreSQL on 127.0.0.1 with user, password and database {@code millrace}, the owner of what is in it, and a login
 * each for the roles of gateway and processor, whose passwords are their names. It keeps what it commits
 * ({@code fsync} and {@code synchronous_commit} are on) and asks every client for a password (SCRAM-SHA-256): what is shown
 * with it about durability and logins holds for a real one too.
 */
public final class LocalPostgres implements LocalService {

    public static final String USER = "millrace";
    public static final String PASSWORD = "millrace";
    public static final String DATABASE = "millrace";

    private static final Logger log = LoggerFactory.getLogger(LocalPostgres.class);

    private static final Duration START_TIME = Duration.ofSeconds(30);

    private final EmbeddedPostgres server;

    private LocalPostgres(EmbeddedPostgres server) {
        this.server = server;
    }

    /**
     * Starts a server with a new, empty database and returns when it answers.
     *
     * @param port the port to listen on, 0 for one that is free
     * @param directory where its files go; removed by {@link #close}
     * @param binaries where the server's programs are unpacked to, and found unpacked the next time
     */
    public static LocalPostgres start(int port, Path directory, Path binaries) throws StartFailure {
        return start(port, directory, binaries, Reach.THIS_MACHINE);
    }

    /** As {@link #start(int, Path, Path)}; other machines reach the database {@value #DATABASE} alone. */
    public static LocalPostgres start(int port, Path directory, Path binaries, Reach reach) throws StartFailure {
        Path output = directory.resolve("output.log");
        try {
            Files.createDirectories(directory);
            keepToOwner(Files.createDirectories(binaries));
            byte[] random = new byte[16];
            new SecureRandom().nextBytes(random);
            String adminPassword = HexFormat.of().formatHex(random);
            Path passwordFile = directory.resolve("password");
            Files.writeString(passwordFile, adminPassword + "\n");
            EmbeddedPostgres.Builder builder = builder(port, directory, binaries, output, passwordFile, adminPassword);
            if (reach == Reach.OTHER_MACHINES) {
                builder.setServerConfig("listen_addresses", reach.host())
                        .setServerConfig("hba_file", letOthersIn(directory).toString());
            }
            EmbeddedPostgres server = builder.start();
            Files.delete(passwordFile);
            createDatabase(server);
            return new LocalPostgres(server);
        } catch (IOException | SQLException | RuntimeException | ExceptionInInitializerError e) {
            // The library wraps a failure to unpack in an ExceptionInInitializerError.
            log.debug("PostgreSQL did not start", e);
            Throwable cause = e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
            throw StartFailure.ofServer("PostgreSQL", "DATABASE_URL", cause, output);
        }
    }

    /** What lies in this directory is run; nobody else may change it. */
    private static void keepToOwner(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** The file that says who may log in, for a server that others reach: from there, to the one database, with a password. */
    private static Path letOthersIn(Path directory) throws IOException {
        return Files.writeString(directory.resolve("hba.conf"), """
                host all all 127.0.0.1/32 scram-sha-256
                host %s all all scram-sha-256
                """.formatted(DATABASE));
    }

    private static EmbeddedPostgres.Builder builder(
            int port, Path directory, Path binaries, Path output, Path passwordFile, String adminPassword)
            throws IOException {
        // The library makes this directory writable for everybody; the one around it keeps others out. It is a property
        // and not the builder's override, which leaves an empty directory in /tmp.
        System.setProperty("ot.epg.working-dir", binaries.resolve("postgresql").toString());
        return EmbeddedPostgres.builder()
                .setPort(new LoopbackPort("DATABASE_PORT", port).orFree())
                .setDataDirectory(directory.resolve("data"))
                .setPGStartupWait(START_TIME)
                // the order of stopping is ours
                .setRegisterShutdownHook(false)
                .setOutputRedirector(ProcessBuilder.Redirect.appendTo(output.toFile()))
                // Options of initdb: later ones win over the library's "-A trust". The password is set before the
                // server
                // runs for the first time, so there is no moment without one.
                .setLocaleConfig("auth-host", "scram-sha-256")
                .setLocaleConfig("auth-local", "scram-sha-256")
                .setLocaleConfig("pwfile", passwordFile.toString())
                // the same everywhere, whatever LANG says
                .setLocaleConfig("locale-provider", "builtin")
                .setLocaleConfig("builtin-locale", "C.UTF-8")
                .setLocaleConfig("locale", "C")
                .setConnectConfig("password", adminPassword)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("max_connections", "100")
                .setServerConfig("log_checkpoints", "off")
                .setServerConfig("log_min_error_statement", "panic");
    }

    private static void createDatabase(EmbeddedPostgres server) throws SQLException {
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("CREATE ROLE " + USER + " LOGIN CREATEROLE PASSWORD '" + PASSWORD + "'");
            statement.execute("CREATE DATABASE " + DATABASE + " OWNER " + USER);
            // made by the owner, as its migrations would: it may then change their passwords
            statement.execute("SET ROLE " + USER);
            for (Program program : Program.values()) {
                String role = role(program);
                statement.execute("CREATE ROLE " + role + " LOGIN PASSWORD '" + role + "'");
            }
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.getPort();
    }

    /** The address for JDBC, without user and password. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port() + "/" + DATABASE;
    }

    /** The owner's address in the form of {@code DATABASE_URL}. */
    public String url() {
        return url(USER, PASSWORD);
    }

    /** A login's address in the form of {@code DATABASE_URL}. */
    public String url(String user, String password) {
        return "postgresql://" + user + ":" + password + "@127.0.0.1:" + port() + "/" + DATABASE + "?sslmode=disable";
    }

    /** The role that a program logs in as. */
    public static String role(Program program) {
        return switch (program) {
            case GATEWAY -> "millrace_gateway";
            case PROCESSOR -> "millrace_processor";
        };
    }

    @Override
    public String name() {
        return "PostgreSQL";
    }

    @Override
    public Map<String, String> settings() {
        return Map.of();
    }

    /** Its own login; the processor, which brings the schema up to date, the owner's too. */
    @Override
    public Map<String, String> settings(Program program) {
        String own = url(role(program), role(program));
        return switch (program) {
            case GATEWAY -> Map.of("DATABASE_URL", own);
            case PROCESSOR -> Map.of("DATABASE_URL", own, "DATABASE_MIGRATION_URL", url());
        };
    }

    @Override
    public String howToReach() {
        return "psql " + url().replaceFirst("\\?.*", ""); // a question mark would need quotes in some shells
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            log.warn("PostgreSQL did not stop cleanly: {}", e.toString());
        }
    }

    /**
     * Where the programs of PostgreSQL (60 MB) stay unpacked between runs: beside the compiled code, which
     * {@code make clean} removes; where that cannot be written to or belongs to somebody else, in the run's own directory.
     */
    public static Path binaries(RunDirectory run) {
        try {
            Path code = Path.of(LocalPostgres.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path build = code.getParent();
            if (build != null
                    && Files.isWritable(build)
                    && Files.getOwner(build).equals(Files.getOwner(run.path()))) {
                return build.resolve("embedded");
            }
        } catch (IOException | URISyntaxException e) {
            log.debug("The directory of the code is not known", e);
        }
        return run.resolve("embedded");
    }
}
