package dev.millrace.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.reading.ReadingLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentTest {

    @Test
    void tellsEveryProblemInOneMessage() {
        Environment environment = new Environment(Map.of(
                "OPS_PORT", "70000",
                "SHUTDOWN_TIMEOUT", "soon",
                "DATABASE_URL", "mysql://u:secret-password@h/d",
                "REDIS_URL", "localhost",
                "REDIS_CLUSTER", "yes",
                "AWS_ENDPOINT_URL_KINESIS", "kinesis",
                "AWS_ACCESS_KEY_ID", "k",
                "ENVIRONMENT", "ssm:/name"));
        OpsConfig.read(environment, 9090);
        DatabaseConfig.read(environment);
        RedisConfig.read(environment);
        KinesisConfig.read(environment);

        InvalidConfiguration problem = assertThrows(InvalidConfiguration.class, environment::check);

        String message = String.valueOf(problem.getMessage());
        assertEquals(9, message.lines().count());
        for (String name : new String[] {
            "OPS_PORT",
            "SHUTDOWN_TIMEOUT",
            "DATABASE_URL",
            "REDIS_URL",
            "REDIS_CLUSTER",
            "AWS_ENDPOINT_URL_KINESIS",
            "AWS_ACCESS_KEY_ID",
            "ENVIRONMENT"
        }) {
            assertTrue(message.contains("\n  " + name + ": "), name);
        }
        assertFalse(message.contains("secret-password"));
    }

    /** What a client's constructor would throw at is told before, and never with its value. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DATABASE_URL | postgresql://u:secret@h:99999/d",
                "DATABASE_URL | postgresql://u:secret@h:0/d",
                "DATABASE_URL | postgresql://u:secret@h/d?sslmode=verify-full&sslrootcert=/secret/nowhere",
                "DATABASE_URL | postgresql://u:secret@h/d?sslmode=verify-full&sslrootcert=/dev/null",
                "DATABASE_URL | postgresql://u:secret@h/d?sslmode=verify-full&sslrootcert=pom.xml",
                "DATABASE_URL | postgresql://u:secret@h/d?sslrootcert=pom.xml",
                "REDIS_CA_FILE | /secret/nowhere",
                "REDIS_CA_FILE | pom.xml",
                "REDIS_URL | redis://h:99999",
                "REDIS_URL | redis://h:0",
                "REDIS_URL | redis://:secret@127.0.0.1/abc",
                "REDIS_URL | redis://127.0.0.1/0/1",
                "REDIS_URL | redis://127.0.0.1?db=x",
                "REDIS_URL | redis://127.0.0.1?db",
                "AWS_REGION | ' '",
                "AWS_REGION | eu central",
                "AWS_REGION | EU",
                "AWS_ENDPOINT_URL_KINESIS | http://h:99999",
                "KINESIS_STREAM | bad name",
                "ENVIRONMENT | bad name",
                "SHUTDOWN_TIMEOUT | 0s",
                "SHUTDOWN_TIMEOUT | 2d",
                "MAX_CLOCK_AHEAD | 0ms",
                "MAX_CLOCK_AHEAD | 999999999d",
                "MAX_READING_AGE | 3651d",
            })
    void refusesWhatAClientWouldThrowAt(String name, String value) {
        Environment environment = new Environment(Map.of(name, value));
        readAll(environment);

        InvalidConfiguration problem = assertThrows(InvalidConfiguration.class, environment::check);

        String message = String.valueOf(problem.getMessage());
        assertTrue(message.startsWith("The configuration has 1 problem:\n  " + name + ": "), message);
        assertFalse(message.contains("secret"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DATABASE_URL | postgresql://u:p@h:65535/d",
                "DATABASE_URL | postgresql://u:p@h/d",
                "REDIS_URL | redis://h",
                "REDIS_URL | redis://h:1/",
                "REDIS_URL | rediss://user:secret@h:6379/15",
                "REDIS_URL | redis://h?user=a&password=b&db=2",
                "AWS_REGION | us-gov-west-1",
                "AWS_ENDPOINT_URL_KINESIS | http://h",
                "KINESIS_STREAM | a_B-c.9",
                "SHUTDOWN_DELAY | 0s",
                "MAX_CLOCK_AHEAD | 3650d",
            })
    void takesWhatAClientTakes(String name, String value) throws Exception {
        Environment environment = new Environment(Map.of(name, value));

        readAll(environment);

        environment.check();
    }

    @Test
    void tellsTheBoundsOfADuration() {
        Environment environment = new Environment(Map.of("A", "0s", "B", "3d"));
        environment.duration("A", "3s");
        environment.duration("B", "90s", Duration.ofSeconds(90), Duration.ofDays(2));

        InvalidConfiguration problem = assertThrows(InvalidConfiguration.class, environment::check);

        assertEquals(
                "The configuration has 2 problems:\n  A: must be from 1ms to 3650d\n  B: must be from 90s to 2d",
                problem.getMessage());
    }

    private static void readAll(Environment environment) {
        OpsConfig.read(environment, 9090);
        DatabaseConfig.read(environment);
        RedisConfig.read(environment);
        KinesisConfig.read(environment);
        ReadingLimits.read(environment);
    }

    @Test
    void readsWhatIsRight() throws Exception {
        Environment environment = new Environment(Map.of("A", "7", "B", "250ms", "C", "true", "D", ""));

        assertEquals(7, environment.integer("A", 1, 0, 10));
        assertEquals(Duration.ofMillis(250), environment.duration("B", "1s"));
        assertTrue(environment.flag("C", false));
        assertEquals("default", environment.text("D", "default"));
        assertEquals(Optional.empty(), environment.optionalDuration("E"));
        environment.check();
        assertEquals(Map.of("A", "1", "B", "1s", "C", "false", "D", "default", "E", ""), environment.asked());
    }

    @Test
    void aDatabaseUrlIsOverriddenByItsParts() throws Exception {
        Environment environment = new Environment(Map.of(
                "DATABASE_URL",
                "postgresql://us%40er:p%3Aw+d@db:6543/iot?sslmode=verify-full",
                "DATABASE_HOST",
                "other"));

        DatabaseConfig config = DatabaseConfig.read(environment);

        environment.check();
        assertEquals(
                new DatabaseConfig("other", 6543, "iot", "us@er", "p:w+d", DatabaseConfig.SslMode.VERIFY_FULL), config);
        assertEquals("postgresql://us@er@other:6543/iot?sslmode=verify-full", config.toString());
    }

    @Test
    void takesAValueFromAFile(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "s3cret\n");
        Environment environment = new Environment(
                Map.of("DATABASE_PASSWORD", "file:" + file, "DATABASE_USER", "file:" + folder.resolve("missing")));

        assertEquals("s3cret", DatabaseConfig.read(environment).password());
        InvalidConfiguration problem = assertThrows(InvalidConfiguration.class, environment::check);
        assertTrue(String.valueOf(problem.getMessage()).contains("DATABASE_USER: the file"));
    }
}
