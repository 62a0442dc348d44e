package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How gateway and processor start where something is wrong or not there yet. */
@Execution(ExecutionMode.CONCURRENT)
class StartIT {

    @TempDir
    private static Path folder;

    private static Services services;

    @BeforeAll
    static void startServices() throws Exception {
        services = new Services(1);
    }

    @AfterAll
    static void stopServices() {
        services.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "processor"})
    void everyWrongSettingIsToldInOneMessageAndTheExitCodeIs78(String module) throws Exception {
        Map<String, String> environment = Map.of(
                "DATABASE_URL", "oracle://scott:tiger@db/x",
                "REDIS_CLUSTER", "perhaps",
                "SHUTDOWN_TIMEOUT", "soon",
                "LOG_FORMAT", "xml");
        try (JavaProcess process = JavaProcess.start(folder, module, environment)) {
            assertEquals(78, process.awaitExit());
            for (String name : environment.keySet()) {
                assertTrue(process.output().contains("  " + name + ": "), process.output());
            }
            assertFalse(process.output().contains("tiger"));
            assertFalse(process.output().contains("Exception"), process.output());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gateway, PostgreSQL, DATABASE_URL, postgresql://u:secret-word@127.0.0.1:1/d?sslmode=disable",
        "gateway, Redis, REDIS_URL, redis://127.0.0.1:1",
        "gateway, Kinesis, AWS_ENDPOINT_URL_KINESIS, http://127.0.0.1:1",
        "processor, PostgreSQL, DATABASE_URL, postgresql://u:secret-word@127.0.0.1:1/d?sslmode=disable",
        "processor, Redis, REDIS_URL, redis://127.0.0.1:1",
        "processor, Kinesis, AWS_ENDPOINT_URL_KINESIS, http://127.0.0.1:1",
    })
    void waitsForWhatIsNotThereAndSaysSo(String module, String name, String variable, String nowhere) throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.put("HTTP_PORT", "0");
        // a gateway that has never had a service waits for it until its time to stop is over
        environment.put("PUBLISH_TIMEOUT", "4s");
        environment.put("SHUTDOWN_TIMEOUT", "11s");
        environment.put(variable, nowhere);
        try (JavaProcess process = JavaProcess.start(folder, module, environment)) {
            Await.until("it waits for " + name, () -> process.output().contains("Waiting for " + name));
            assertTrue(process.isAlive());
            // no answer at all is a busy machine's
            Await.until("it lives", () -> process.status("/health/live") == 200);
            Await.until("it is not ready", () -> process.status("/health/ready") == 503);
            assertFalse(process.body("/health/ready").contains("secret-word"));
            process.terminate();
            assertEquals(143, process.awaitExit());
            assertFalse(process.output().contains("secret-word"));
            assertFalse(process.output().contains("\tat "), process.output());
        }
    }

    @Test
    void isReadyWhenEverythingHasCome() throws Exception {
        try (Services later = new Services(1)) {
            Map<String, String> environment = new HashMap<>(later.environment());
            environment.put("HTTP_PORT", "0");
            try (JavaProcess gateway = JavaProcess.start(folder, "gateway", environment)) {
                Await.until("it waits for the schema", () -> gateway.output().contains("Waiting for PostgreSQL"));
                assertEquals(503, gateway.status("/health/ready"));
                try (JavaProcess processor = JavaProcess.start(folder, "processor", environment)) {
                    processor.awaitReady();
                    gateway.awaitReady();
                }
            }
        }
    }
}
