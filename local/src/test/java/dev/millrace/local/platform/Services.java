package dev.millrace.local.platform;

import dev.millrace.local.kinesis.EmulatorConfig;
import dev.millrace.local.kinesis.KinesisEmulator;
import dev.millrace.local.services.LocalPostgres;
import dev.millrace.local.services.LocalRedis;
import dev.millrace.local.services.LocalService;
import dev.millrace.local.services.RunDirectory;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** PostgreSQL, Redis and the emulator, which outlive the programs under test. */
final class Services implements AutoCloseable {

    static final String STREAM = "sensor-data-stream-test";

    /** Limits that one reading breaches: what they find can be told from a stream's content in plain words. */
    private static final String RULES = """
            version: 2
            rules:
              - {name: temperature-high, metric: temperature, above: 90, severity: warning, refractory: 0s}
              - {name: pressure-out-of-range, metric: pressure, above: 8, below: 0.5, severity: critical, refractory: 0s}
              - {name: vibration-severe, metric: vibration, above: 7.1, severity: critical, refractory: 0s}
            """;

    private final RunDirectory directory;
    private final Path rules;
    private final LocalPostgres postgres;
    private final LocalRedis redis;
    private final Vertx vertx = Vertx.vertx();
    private Optional<Connection> asking = Optional.empty();
    final KinesisEmulator kinesis;

    Services(int shards) throws Exception {
        this(shards, EmulatorConfig.defaults());
    }

    Services(int shards, EmulatorConfig emulator) throws Exception {
        directory = RunDirectory.open();
        rules = directory.resolve("rules.yaml");
        Files.writeString(rules, RULES);
        postgres = LocalPostgres.start(0, directory.resolve("postgresql"), LocalPostgres.binaries(directory));
        redis = LocalRedis.start(0, directory.resolve("redis"));
        kinesis = KinesisEmulator.start(vertx, emulator.withPort(0).withStream(STREAM, shards))
                .await();
    }

    Path directory() {
        return directory.path();
    }

    /** Makes the schema, without which a gateway is not ready: a processor does when it starts. */
    void migrate() throws Exception {
        try (JavaProcess processor = JavaProcess.start(directory(), "processor", environment())) {
            processor.awaitReady();
        }
    }

    /**
     * The variables with which gateway and processor find them. What only one of the programs is told stands there under its name, a
     * point and the variable's: {@link JavaProcess} gives it to that one, unless a test names another database.
     */
    Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(redis.settings());
        for (LocalService.Program program : LocalService.Program.values()) {
            postgres.settings(program)
                    .forEach((name, value) ->
                            environment.put(program.name().toLowerCase(Locale.ROOT) + "." + name, value));
        }
        environment.putAll(Map.of(
                "KINESIS_STREAM", STREAM,
                "AWS_REGION", "eu-central-1",
                "AWS_ENDPOINT_URL_KINESIS", kinesis.endpoint().toString(),
                "AWS_ACCESS_KEY_ID", "test",
                "AWS_SECRET_ACCESS_KEY", "test",
                // so that a successor need not wait long for one that was killed
                "LEASE_DURATION", "4s",
                // what the gateway needs where nobody is asked for a key
                "AUTH", "off",
                "HTTP_HOST", "127.0.0.1"));
        environment.put("RULES_FILE", rules.toString());
        return environment;
    }

    int postgresPort() {
        return postgres.port();
    }

    int redisPort() {
        return redis.port();
    }

    /** The variables of a program that reaches PostgreSQL through another port. */
    Map<String, String> environment(int postgresPort) {
        Map<String, String> environment = environment();
        environment.replaceAll((_, value) -> value.replace(":" + postgres.port() + "/", ":" + postgresPort + "/"));
        return environment;
    }

    /** The variables of a program that reaches all three through other ports. */
    Map<String, String> environment(int postgresPort, int redisPort, int kinesisPort) {
        Map<String, String> environment = environment(postgresPort);
        environment.put("REDIS_URL", "redis://127.0.0.1:" + redisPort);
        environment.put("AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:" + kinesisPort);
        return environment;
    }

    /** What Redis answers to a command. */
    String redis(Command command, String... arguments) {
        return redis(redis.url(), command, arguments);
    }

    /** The same, for whom it asks for a password. */
    String redisAs(String password, Command command, String... arguments) {
        return redis(redis.url().replace("://", "://:" + password + "@"), command, arguments);
    }

    private String redis(String url, Command command, String... arguments) {
        Redis client = Redis.createClient(vertx, url);
        try {
            Request request = Request.cmd(command);
            List.of(arguments).forEach(request::arg);
            return String.valueOf(client.send(request).await());
        } finally {
            client.close().await();
        }
    }

    Connection database() throws SQLException {
        return database(LocalPostgres.USER, LocalPostgres.PASSWORD);
    }

    Connection database(String user, String password) throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(), user, password);
    }

    /** The login that a user name stands for, in the form of {@code DATABASE_URL}. */
    String loginUrl(String user, String password) {
        return postgres.url(user, password);
    }

    /**
     * The rows of a query, each as its columns' texts joined by a bar. Waiting for something asks many times a second, all by one
     * connection: to log in costs more than most queries.
     */
    synchronized List<String> rows(String sql) throws SQLException {
        try (Statement statement = asking().createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                StringBuilder row = new StringBuilder();
                for (int i = 1; i <= columns; i++) {
                    row.append(i == 1 ? "" : "|").append(result.getString(i));
                }
                rows.add(row.toString());
            }
            return rows;
        }
    }

    private Connection asking() throws SQLException {
        Optional<Connection> open = asking;
        if (open.isPresent() && !open.get().isClosed()) {
            return open.get();
        }
        Connection connection = database();
        asking = Optional.of(connection);
        return connection;
    }

    /** Runs statements, one after the other, on a connection of their own. */
    void execute(String... statements) throws SQLException {
        try (Connection connection = database();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The one number that a query answers; 0 while its table is not there. */
    long number(String sql) throws SQLException {
        try {
            return Long.parseLong(rows(sql).getFirst());
        } catch (SQLException e) {
            if ("42P01".equals(e.getSQLState())) {
                return 0;
            }
            throw e;
        }
    }

    @Override
    public synchronized void close() {
        asking.ifPresent(Services::close);
        kinesis.close().await();
        vertx.close().await();
        redis.close();
        postgres.close();
        directory.close();
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
