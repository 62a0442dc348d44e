package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.DatabaseConfig;
import dev.millrace.core.config.Environment;
import dev.millrace.core.connect.AwsReferences;
import dev.millrace.local.port.FreePort;
import dev.millrace.local.secrets.SecretsStandIn;
import dev.millrace.processor.store.FlywayMigrations;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Database passwords that are changed while readings come: in PostgreSQL, which refuses the old one from then on, and in Secrets
 * Manager. Nothing is lost, nothing is stored twice, no process is restarted, queries answer again.
 */
@Execution(ExecutionMode.CONCURRENT)
class RotationIT {

    private static final Logger LOG = LoggerFactory.getLogger(RotationIT.class);

    private static final String GATEWAY = "millrace_gateway";
    private static final String PROCESSOR = "millrace_processor";
    private static final String OWNER = "millrace";

    /** What a login that stays wrong costs at most, for each two seconds: see LoginRenewal. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private static final int QUERIERS = 4;

    private Services services;
    private SecretsStandIn secrets;

    @BeforeEach
    void start() throws Exception {
        services = new Services(2);
        secrets = SecretsStandIn.start();
        for (String role : List.of(GATEWAY, PROCESSOR, OWNER)) {
            keep(role, role, role);
        }
        secrets.putParameter("/iot/test/db/endpoint", "127.0.0.1");
    }

    @AfterEach
    void stop() {
        secrets.close();
        services.close();
    }

    /** Puts a login where a program looks for it. */
    private void keep(String name, String user, String password) {
        secrets.putSecret(
                name,
                new JsonObject().put("username", user).put("password", password).encode());
    }

    /** The settings of a program that finds nothing of its login but in the secret of that name. */
    private Map<String, String> environment(String secret) {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.keySet().removeIf(name -> name.contains("."));
        environment.putAll(secrets.settings());
        environment.putAll(Map.of(
                "AWS_ACCESS_KEY_ID", SecretsStandIn.ACCESS_KEY,
                "DATABASE_URL", "postgresql://db:" + services.postgresPort() + "/millrace?sslmode=disable",
                "DATABASE_HOST", "ssm:/iot/test/db/endpoint",
                "DATABASE_USER", "secret:" + secret + "#username",
                "DATABASE_PASSWORD", "secret:" + secret + "#password"));
        return environment;
    }

    private Map<String, String> processorEnvironment() {
        Map<String, String> environment = environment(PROCESSOR);
        environment.put("DATABASE_MIGRATION_USER", "secret:millrace#username");
        environment.put("DATABASE_MIGRATION_PASSWORD", "secret:millrace#password");
        return environment;
    }

    @Test
    void passwordsAreChangedUnderLoadAndNothingIsLostAndNothingRestarted() throws Exception {
        int httpPort = FreePort.choose();
        Map<String, String> gatewayEnvironment = environment(GATEWAY);
        gatewayEnvironment.put("HTTP_PORT", Integer.toString(httpPort));
        Set<String> acknowledged;
        try (JavaProcess processor = JavaProcess.start(services.directory(), "processor", processorEnvironment());
                JavaProcess gateway = JavaProcess.start(services.directory(), "gateway", gatewayEnvironment)) {
            processor.awaitReady();
            gateway.awaitReady();
            // as an administrator, who may end what others run
            services.execute("GRANT millrace_gateway, millrace_processor TO millrace");
            try (Load load = Load.start(httpPort, 2, 400)) {
                awaitStored(400);
                try (Queries queries = new Queries(httpPort)) {
                    queries.awaitMore();

                    theSecretFollowsThePassword();
                    endAllSessions();
                    awaitStored(400);
                    queries.awaitMore();

                    anotherUserTakesOverAndTheSecretIsLate(queries);
                    awaitStored(400);
                    queries.awaitMore();
                    assertEquals(Set.of(200, 503), queries.statuses, "answered, or told to come again");
                }
                assertEquals(Set.of(), load.unanswered);
                acknowledged = load.accepted;
            }
            Await.until("the stream was read to its end", () -> Stored.caughtUp(services));
            assertEquals(Set.of("millrace_gateway_2"), users("millrace-gateway"));
            assertTrue(gateway.isAlive() && processor.isAlive());
            gateway.assertNoFault();
            processor.assertNoFault();
            gateway.awaitReady();
            processor.awaitReady();
            assertTrue(gateway.output().contains("it has changed where it is kept"), gateway::output);
        }
        StreamContent content = StreamContent.read(services.kinesis, Services.STREAM);
        LOG.info("{} acknowledged readings, {}", acknowledged.size(), content);
        assertTrue(content.readings.containsAll(acknowledged), "an acknowledged reading is not in the stream");
        content.assertStored(services);
    }

    /** The order of AWS' rotation for one user: first the password, a while later the secret. Sessions that are there go on. */
    private void theSecretFollowsThePassword() throws Exception {
        int asked = secrets.asked(GATEWAY) + secrets.asked(PROCESSOR);
        services.execute(
                "ALTER ROLE millrace_gateway PASSWORD 'second'", "ALTER ROLE millrace_processor PASSWORD 'second'");
        awaitStored(400);
        keep(GATEWAY, GATEWAY, "second");
        keep(PROCESSOR, PROCESSOR, "second");
        awaitStored(400);
        LOG.info(
                "{} readings of secrets before the sessions end",
                secrets.asked(GATEWAY) + secrets.asked(PROCESSOR) - asked);
    }

    /** User and password change together, and for some seconds neither what a process knows nor what the secret says is right. */
    private void anotherUserTakesOverAndTheSecretIsLate(Queries queries) throws Exception {
        services.execute(
                "CREATE ROLE millrace_gateway_2 LOGIN PASSWORD 'third'",
                "GRANT millrace_gateway TO millrace_gateway_2",
                "ALTER ROLE millrace_gateway NOLOGIN",
                "ALTER ROLE millrace_processor PASSWORD 'third'");
        long begin = System.nanoTime();
        int gatewayAsked = secrets.asked(GATEWAY);
        int processorAsked = secrets.asked(PROCESSOR);
        endAllSessions();
        Await.until(
                "both have looked for another login, more than once",
                () -> secrets.asked(GATEWAY) >= gatewayAsked + 3 && secrets.asked(PROCESSOR) >= processorAsked + 3);
        assertEquals(200, queries.status("/openapi.json"), "what needs no database goes on");
        int gatewayReadings = secrets.asked(GATEWAY) - gatewayAsked;
        int processorReadings = secrets.asked(PROCESSOR) - processorAsked;
        long pauses = (System.nanoTime() - begin) / PAUSE.toNanos();
        LOG.info("{} and {} readings of the secrets in {} pauses", gatewayReadings, processorReadings, pauses);
        assertTrue(gatewayReadings <= pauses + 2, "one for all queries, and then a pause");
        assertTrue(processorReadings <= pauses + 2, "one for all pools, and then a pause");

        keep(GATEWAY, "millrace_gateway_2", "third");
        keep(PROCESSOR, PROCESSOR, "third");
    }

    /** So many more than are stored now. */
    private void awaitStored(long more) throws Exception {
        long before = Stored.userRecords(services);
        Await.until("readings are stored", () -> Stored.userRecords(services) >= before + more);
    }

    private void endAllSessions() throws SQLException {
        assertFalse(services.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE application_name LIKE 'millrace-%'")
                .isEmpty());
    }

    private Set<String> users(String application) throws SQLException {
        return Set.copyOf(
                services.rows("SELECT usename FROM pg_stat_activity WHERE application_name = '" + application + "'"));
    }

    @Test
    void theOwnersPasswordIsReadAgainToo() throws Exception {
        keep(OWNER, OWNER, "not-any-more");
        Environment environment = new Environment(processorEnvironment(), AwsReferences::create);
        DatabaseConfig owner = DatabaseConfig.readMigration(environment, DatabaseConfig.read(environment));
        environment.check();

        FlywayMigrations.Failed failed =
                assertInstanceOf(FlywayMigrations.Failed.class, new FlywayMigrations(owner).migrate());
        assertFalse(failed.reason().contains("not-any-more"), failed::reason);

        keep(OWNER, OWNER, OWNER);
        assertInstanceOf(FlywayMigrations.UpToDate.class, new FlywayMigrations(owner).migrate());
    }

    /** Queries of PostgreSQL, one after the other and several at a time, without a pause. */
    private static final class Queries implements AutoCloseable {

        private final Api api;
        private final Set<Integer> statuses = ConcurrentHashMap.newKeySet();
        private final AtomicInteger answered = new AtomicInteger();
        private final List<CompletableFuture<Void>> queriers;
        private volatile boolean running = true;

        Queries(int httpPort) {
            api = new Api(httpPort);
            queriers = IntStream.range(0, QUERIERS)
                    .mapToObj(_ -> CompletableFuture.runAsync(this::run, Thread.ofVirtual()::start))
                    .toList();
        }

        private void run() {
            try {
                while (running) {
                    int status = api.status("/sensors/machine-1/readings?metric=temperature&limit=5");
                    statuses.add(status);
                    if (status == 200) {
                        answered.incrementAndGet();
                    }
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        void awaitMore() throws Exception {
            int before = answered.get();
            Await.until("queries answer", () -> answered.get() >= before + 20);
        }

        int status(String path) throws Exception {
            return api.status(path);
        }

        @Override
        public void close() {
            running = false;
            queriers.forEach(CompletableFuture::join);
            api.close();
        }
    }
}
