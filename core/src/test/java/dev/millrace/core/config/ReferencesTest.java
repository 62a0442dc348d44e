package dev.millrace.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that refer to secrets and parameters. */
class ReferencesTest {

    private static final String CONTENT =
            "{\"username\":\"gateway\",\"password\":\"s3cret-word\",\"port\":5433,\"list\":[1]}";

    /** A store in memory that counts what it is asked. */
    private static final class Store implements ReferenceStore {

        final Map<String, Answer> kept = new HashMap<>();
        final List<String> asked = new ArrayList<>();

        @Override
        public Answer secret(String id) {
            return answer("secret " + id);
        }

        @Override
        public Answer parameter(String name) {
            return answer("parameter " + name);
        }

        private Answer answer(String key) {
            asked.add(key);
            return kept.getOrDefault(key, new Refused("does not exist"));
        }
    }

    private final Store store = new Store();
    private int made;

    private Environment environment(Map<String, String> variables) {
        store.kept.putIfAbsent("secret db", new ReferenceStore.Value(CONTENT));
        store.kept.putIfAbsent("parameter /iot/host", new ReferenceStore.Value("db.internal"));
        return new Environment(variables, _ -> {
            made++;
            return store;
        });
    }

    private static final Map<String, String> DATABASE = Map.of(
            "DATABASE_HOST", "ssm:/iot/host",
            "DATABASE_USER", "secret:db#username",
            "DATABASE_PASSWORD", "secret:db#password");

    @Test
    void resolvesSecretsAndParametersAndReadsEachOnce() throws Exception {
        Environment environment = environment(DATABASE);

        DatabaseConfig config = DatabaseConfig.read(environment);

        environment.check();
        assertEquals("db.internal", config.host());
        assertEquals(new DatabaseLogin("gateway", "s3cret-word"), config.login());
        assertEquals(1, store.asked.stream().filter("secret db"::equals).count());
        assertEquals(1, made);
    }

    @Test
    void aWholeSecretMayBeAUrlAndANumberIsAText() throws Exception {
        Environment environment = environment(
                Map.of("REDIS_URL", "secret:redis", "A_PORT", "secret:arn:aws:secretsmanager:x:1:secret:db#port"));
        store.kept.put("secret redis", new ReferenceStore.Value("rediss://:pw@cache:6379"));
        store.kept.put("secret arn:aws:secretsmanager:x:1:secret:db", new ReferenceStore.Value(CONTENT));

        assertEquals("cache", RedisConfig.read(environment).url().getHost());
        assertEquals(5433, environment.integer("A_PORT", 1, 0, 65_535));
        environment.check();
    }

    @Test
    void noStoreIsMadeWhereNothingRefersToOne() {
        environment(Map.of("DATABASE_PASSWORD", "plain")).text("DATABASE_PASSWORD", "");

        assertEquals(0, made);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "secret:db#nothing | the secret that it refers to has no key nothing",
                "secret:db#list    | the secret that it refers to has neither a text nor a number as its key list",
                "secret:text#key   | the secret that it refers to is not a JSON object",
                "secret:none#key   | the secret that it refers to does not exist",
                "secret:           | must look like secret:name or secret:name#key",
                "secret:db#        | must look like secret:name or secret:name#key",
                "secret:#password  | must look like secret:name or secret:name#key",
                "ssm:/none         | the parameter that it refers to does not exist",
                "ssm:              | must name a parameter, such as ssm:/name",
            })
    void tellsWhatIsWrongByTheVariableAndNeverWhatIsInTheSecret(String reference, String problem) {
        Environment environment = environment(Map.of("X", reference));
        store.kept.put("secret text", new ReferenceStore.Value("s3cret-word"));

        environment.text("X", "");

        InvalidConfiguration told = assertThrows(InvalidConfiguration.class, environment::check);
        assertEquals("The configuration has 1 problem:\n  X: " + problem, told.getMessage());
        assertFalse(told.toString().contains("s3cret-word"));
    }

    @Test
    void aServiceThatIsAwayIsWaitedForOnce() {
        Environment environment = environment(Map.of("A", "secret:1", "B", "secret:2", "C", "ssm:/iot/host"));
        store.kept.put("secret 1", new ReferenceStore.Unreachable("cannot be read: nobody there"));

        environment.text("A", "");
        environment.text("B", "");

        assertEquals("db.internal", environment.text("C", ""));
        assertEquals(List.of("secret 1", "parameter /iot/host"), store.asked);
        InvalidConfiguration told = assertThrows(InvalidConfiguration.class, environment::check);
        assertTrue(String.valueOf(told.getMessage())
                .contains("  B: the secret that it refers to cannot be read: nobody there"));
    }

    @Test
    void whatSaysWhereTheStoreIsCannotBeKeptInIt() {
        Environment environment = new Environment(Map.of("AWS_REGION", "ssm:/region", "X", "secret:db"), settings -> {
            ReferenceStoreConfig.read(settings);
            return store;
        });

        environment.text("X", "");

        InvalidConfiguration told = assertThrows(InvalidConfiguration.class, environment::check);
        assertTrue(
                String.valueOf(told.getMessage())
                        .contains("AWS_REGION: the parameter that it refers to cannot be read: "
                                + "this setting must be a value itself"),
                told::getMessage);
    }

    @Test
    void aLoginThatIsKeptElsewhereCanBeReadAgainUserAndPasswordAsOne() throws Exception {
        Environment environment = environment(DATABASE);
        DatabaseConfig config = DatabaseConfig.read(environment);
        environment.check();
        store.asked.clear();
        store.kept.put("secret db", new ReferenceStore.Value("{\"username\":\"gateway_2\",\"password\":\"next\"}"));

        LoginSource.Answer answer = config.renewal().orElseThrow().read();

        assertEquals(new LoginSource.Current(new DatabaseLogin("gateway_2", "next")), answer);
        assertEquals(1, store.asked.stream().filter("secret db"::equals).count());

        store.kept.put("secret db", new ReferenceStore.Unreachable("cannot be read: nobody there"));
        LoginSource.Unreadable unreadable = assertInstanceOf(
                LoginSource.Unreadable.class, config.renewal().orElseThrow().read());
        assertTrue(unreadable.reason().contains("DATABASE_PASSWORD: "), unreadable::reason);
    }

    /** Whoever must log in again needs no more than the login. */
    @Test
    void aLoginIsReadAgainThoughTheParameterStoreIsAway() throws Exception {
        Environment environment = environment(Map.of(
                "DATABASE_HOST", "ssm:/iot/host",
                "DATABASE_URL", "ssm:/iot/url",
                "DATABASE_USER", "secret:db#username",
                "DATABASE_PASSWORD", "secret:db#password",
                "DATABASE_MIGRATION_URL", "ssm:/iot/url",
                "DATABASE_MIGRATION_USER", "secret:db#username",
                "DATABASE_MIGRATION_PASSWORD", "secret:db#password"));
        store.kept.put("parameter /iot/url", new ReferenceStore.Value("postgresql://db:6000/iot"));
        DatabaseConfig service = DatabaseConfig.read(environment);
        DatabaseConfig owner = DatabaseConfig.readMigration(environment, service);
        environment.check();
        store.asked.clear();
        ReferenceStore.Answer away = new ReferenceStore.Unreachable("cannot be read: nobody there");
        store.kept.put("parameter /iot/host", away);
        store.kept.put("parameter /iot/url", away);
        store.kept.put("secret db", new ReferenceStore.Value("{\"username\":\"gateway_2\",\"password\":\"next\"}"));

        for (DatabaseConfig config : List.of(service, owner)) {
            assertEquals(
                    new LoginSource.Current(new DatabaseLogin("gateway_2", "next")),
                    config.renewal().orElseThrow().read());
        }
        assertEquals(List.of("secret db", "secret db"), store.asked);
    }

    @Test
    void ofAUrlThatIsReadAgainTheLoginAloneCounts(@TempDir Path folder) throws Exception {
        Path authorities = new TestCa(folder, "ca").bundle().file();
        String rest = "@db/iot?sslmode=verify-full&sslrootcert=" + authorities;
        store.kept.put("secret url", new ReferenceStore.Value("postgresql://gateway:first" + rest));
        Environment environment = environment(Map.of("DATABASE_URL", "secret:url"));
        DatabaseConfig config = DatabaseConfig.read(environment);
        environment.check();
        Files.delete(authorities);
        store.kept.put("secret url", new ReferenceStore.Value("postgresql://gateway_2:n%20xt" + rest));

        assertEquals(
                new LoginSource.Current(new DatabaseLogin("gateway_2", "n xt")),
                config.renewal().orElseThrow().read());

        store.kept.put("secret url", new ReferenceStore.Value("gateway_2:next"));
        assertEquals(
                new LoginSource.Unreadable(
                        "DATABASE_URL: must look like postgresql://user:password@host:5432/database"),
                config.renewal().orElseThrow().read());
    }

    @Test
    void aLoginThatStandsInTheSettingsIsNotReadAgain() {
        assertTrue(DatabaseConfig.read(environment(Map.of("DATABASE_PASSWORD", "plain")))
                .renewal()
                .isEmpty());
    }

    @Test
    void theOwnersLoginOverridesTheServicesOwn() throws Exception {
        Environment environment = environment(Map.of(
                "DATABASE_URL", "postgresql://processor:p@db:6000/iot",
                "DATABASE_MIGRATION_USER", "secret:db#username",
                "DATABASE_MIGRATION_PASSWORD", "secret:db#password"));
        DatabaseConfig own = DatabaseConfig.read(environment);

        DatabaseConfig owner = DatabaseConfig.readMigration(environment, own);

        environment.check();
        assertEquals("postgresql://gateway@db:6000/iot?sslmode=prefer", owner.toString());
        assertEquals("s3cret-word", owner.password());
        assertEquals(
                new LoginSource.Current(owner.login()),
                owner.renewal().orElseThrow().read());
        assertEquals(own, DatabaseConfig.readMigration(environment(Map.of()), own));
    }

    @Test
    void halfAnOwnersLoginIsAProblem() {
        Environment environment = environment(Map.of("DATABASE_MIGRATION_PASSWORD", "p"));
        DatabaseConfig.readMigration(environment, DatabaseConfig.read(environment));

        InvalidConfiguration told = assertThrows(InvalidConfiguration.class, environment::check);

        assertTrue(String.valueOf(told.getMessage())
                .contains("DATABASE_MIGRATION_USER: must be set together with DATABASE_MIGRATION_PASSWORD"));
    }
}
