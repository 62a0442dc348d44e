package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.config.Environment;
import dev.millrace.core.connect.AwsReferences;
import dev.millrace.gateway.GatewayConfig;
import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.LocalConfig;
import dev.millrace.local.port.FreePort;
import dev.millrace.local.secrets.SecretsStandIn;
import dev.millrace.processor.ProcessorConfig;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing secret is in what the programs write, answer and are started with: not while all is well, and not when what holds the
 * secrets is refused, malformed or wrong. The programs log all that they can.
 */
@Execution(ExecutionMode.CONCURRENT)
class SecretsNotToldIT {

    private static final String GATEWAY_PASSWORD = "gatewayPasswordQ7";
    private static final String PROCESSOR_PASSWORD = "processorPasswordQ7";
    private static final String OWNER_PASSWORD = "ownerPasswordQ7";
    private static final String REDIS_PASSWORD = "redisPasswordQ7";
    private static final String AWS_SECRET = "awsSecretKeyQ7";
    private static final String DEVICE_KEY = "deviceKeyQ7";
    private static final String WRONG_KEY = "wrongKeyQ7";
    private static final String MQTT_PASSWORD = "mqttPasswordQ7";
    private static final String PAYLOAD = "payloadQ7";

    /** All of them, and whatever a test makes of them. */
    private static final List<String> SECRETS = List.of(
            GATEWAY_PASSWORD,
            PROCESSOR_PASSWORD,
            OWNER_PASSWORD,
            REDIS_PASSWORD,
            AWS_SECRET,
            DEVICE_KEY,
            new ApiKey(DEVICE_KEY).sha256(),
            WRONG_KEY,
            MQTT_PASSWORD,
            PAYLOAD);

    @TempDir
    private Path folder;

    private static Services services;
    private static SecretsStandIn standIn;
    private final HttpClient client = HttpClient.newHttpClient();

    /** What the gateway has answered to anybody. */
    private final List<String> answers = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        services = new Services(1);
        standIn = SecretsStandIn.start();
        services.execute(
                "ALTER ROLE millrace_gateway PASSWORD '" + GATEWAY_PASSWORD + "'",
                "ALTER ROLE millrace_processor PASSWORD '" + PROCESSOR_PASSWORD + "'",
                "CREATE ROLE the_owner LOGIN CREATEROLE PASSWORD '" + OWNER_PASSWORD + "'",
                "GRANT USAGE, CREATE ON SCHEMA public TO the_owner WITH GRANT OPTION",
                // so that the test sees what that one makes
                "GRANT the_owner TO millrace");
        standIn.putSecret(
                "gateway",
                new JsonObject()
                        .put("username", "millrace_gateway")
                        .put("password", GATEWAY_PASSWORD)
                        .encode());
        services.redis(Command.CONFIG, "SET", "requirepass", REDIS_PASSWORD);
    }

    @AfterEach
    void closeClient() {
        client.close();
    }

    @AfterAll
    static void stop() {
        standIn.close();
        services.close();
    }

    private Map<String, String> environment(String program) throws Exception {
        Map<String, String> environment = new HashMap<>(services.environment());
        environment.keySet().removeIf(name -> name.contains("."));
        environment.putAll(standIn.settings());
        environment.putAll(Map.of(
                "LOG_LEVEL",
                "TRACE",
                "AWS_ACCESS_KEY_ID",
                SecretsStandIn.ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY",
                AWS_SECRET,
                "REDIS_URL",
                "redis://:" + REDIS_PASSWORD + "@127.0.0.1:" + services.redisPort()));
        if (program.equals("gateway")) {
            Path keys = folder.resolve("keys.json");
            Files.writeString(keys, keyFile(DEVICE_KEY));
            environment.putAll(Map.of(
                    "DATABASE_URL",
                    "postgresql://127.0.0.1:" + services.postgresPort() + "/millrace?sslmode=disable",
                    "DATABASE_USER",
                    "secret:gateway#username",
                    "DATABASE_PASSWORD",
                    "secret:gateway#password",
                    "HTTP_PORT",
                    Integer.toString(FreePort.choose()),
                    "AUTH",
                    "required",
                    "API_KEYS_FILE",
                    keys.toString()));
        } else {
            environment.putAll(Map.of(
                    "DATABASE_URL", services.loginUrl("millrace_processor", PROCESSOR_PASSWORD),
                    "DATABASE_MIGRATION_URL", services.loginUrl("the_owner", OWNER_PASSWORD)));
        }
        return environment;
    }

    private static String keyFile(String key) {
        return new JsonObject()
                .put(
                        "keys",
                        List.of(new JsonObject()
                                .put("name", "device")
                                .put("sha256", new ApiKey(key).sha256())
                                .put("role", "admin")))
                .encode();
    }

    @Test
    void nothingSecretIsToldWhileTheProgramsWorkNorWhenTheyAreRefused() throws Exception {
        Map<String, String> gatewayEnvironment = environment("gateway");
        int httpPort = Integer.parseInt(gatewayEnvironment.getOrDefault("HTTP_PORT", ""));
        try (JavaProcess processor = JavaProcess.start(folder, "processor", environment("processor"));
                JavaProcess gateway = JavaProcess.start(folder, "gateway", gatewayEnvironment)) {
            processor.awaitReady();
            gateway.awaitReady();
            goodAndBadRequests(httpPort);
            Await.until("what was accepted is stored", () -> Stored.userRecords(services) >= 1);
            assertNothingTold(gateway, processor);

            // a key file that is refused, and holds the key where its hash belongs
            Files.writeString(
                    folder.resolve("keys.json"),
                    "{\"keys\": [{\"name\": \"device\", \"role\": \"admin\", \"sha256\": \"" + DEVICE_KEY + "\"}]}");
            Await.until("the refusal is told", () -> gateway.metric("millrace_gateway_keys_stale") == 1);

            // logins that are refused: the passwords of both, and what ends the sessions that are there
            services.execute(
                    "GRANT millrace_gateway, millrace_processor TO millrace",
                    "ALTER ROLE millrace_gateway PASSWORD 'other'",
                    "ALTER ROLE millrace_processor PASSWORD 'other'",
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'millrace-%'");
            services.redisAs(REDIS_PASSWORD, Command.CONFIG, "SET", "requirepass", "other");
            services.redisAs("other", Command.CLIENT, "KILL", "TYPE", "normal");
            Await.until("the gateway is refused", () -> {
                get(httpPort, "/sensors/q7/readings?metric=a", DEVICE_KEY);
                get(httpPort, "/sensors/q7", DEVICE_KEY);
                return gateway.output().contains("PostgreSQL refuses the login of millrace_gateway")
                        && gateway.output().contains("Redis is away");
            });
            Await.until(
                    "the processor is refused",
                    () -> processor.body("/health/ready").contains("SQLSTATE 28P01"));
            goodAndBadRequests(httpPort);
            assertNothingTold(gateway, processor);

            processor.terminate();
            gateway.terminate();
            processor.awaitExit();
            gateway.awaitExit();
            assertNotIn("the gateway's output", gateway.output());
            assertNotIn("the processor's output", processor.output());
            assertTrue(
                    gateway.output().contains("DEBUG") || gateway.output().contains("TRACE"), "it told all it could");
        }
    }

    /** Keys that are wrong or no keys, bodies that are no readings, queries that are none, publishes with a password. */
    private void goodAndBadRequests(int httpPort) throws Exception {
        List<String> authorizations = List.of(
                "Bearer " + DEVICE_KEY,
                "Bearer " + WRONG_KEY,
                "Bearer " + WRONG_KEY + " " + WRONG_KEY,
                "Bearer \"" + WRONG_KEY + "\"",
                "Basic " + Base64.getEncoder().encodeToString(("u:" + WRONG_KEY).getBytes(StandardCharsets.UTF_8)),
                "Basic " + WRONG_KEY + "%",
                "Digest username=" + WRONG_KEY,
                WRONG_KEY);
        List<String> bodies = List.of(
                "{\"sensorId\":\"q7\",\"a\":1}",
                "{\"sensorId\":\"" + PAYLOAD + " \",\"a\":1}",
                "{\"sensorId\":\"q7\",\"a\":\"" + PAYLOAD,
                PAYLOAD,
                "[{\"sensorId\":\"q7\",\"a\":[\"" + PAYLOAD + "\"]}]");
        for (String authorization : authorizations) {
            for (String body : bodies) {
                answer(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/sensors"))
                        .header("authorization", authorization)
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
            }
        }
        get(httpPort, "/sensors/q7", WRONG_KEY);
        get(httpPort, "/anomalies?from=never", DEVICE_KEY);
    }

    private void get(int httpPort, String path, String key) throws Exception {
        answer(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
                .timeout(Duration.ofSeconds(30))
                .header("authorization", "Bearer " + key)
                .build());
    }

    private void answer(HttpRequest request) throws Exception {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        answers.add(answer.statusCode() + " " + answer.headers().map() + " " + answer.body());
    }

    private void assertNothingTold(JavaProcess... processes) throws Exception {
        for (JavaProcess process : processes) {
            assertNotIn("the output", process.output());
            for (String path : List.of("/metrics", "/health/ready", "/health/live", "/rejections")) {
                assertNotIn(path, process.body(path));
            }
            Path arguments = Path.of("/proc", Long.toString(process.pid()), "cmdline");
            if (Files.exists(arguments)) {
                assertNotIn("the arguments", Files.readString(arguments));
            }
        }
        answers.forEach(answer -> assertNotIn("an answer", answer));
    }

    private static void assertNotIn(String where, String text) {
        for (String secret : SECRETS) {
            for (String form : forms(secret)) {
                if (text.contains(form)) {
                    throw new AssertionError(secret + " is told in " + where + ":\n"
                            + text.lines().filter(line -> line.contains(form)).toList());
                }
            }
        }
    }

    /** As it is, as a URL has it, as Basic credentials have it. */
    private static List<String> forms(String secret) {
        List<String> forms = new ArrayList<>(List.of(secret, URLEncoder.encode(secret, StandardCharsets.UTF_8)));
        for (String before : List.of("", "u:", ":")) {
            // all but the last three characters, which what follows may change
            String encoded = Base64.getEncoder().encodeToString((before + secret).getBytes(StandardCharsets.UTF_8));
            forms.add(encoded.substring(0, encoded.length() - 4));
        }
        return forms;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DATABASE_URL | postgres://u:gatewayPasswordQ7@h:port/d",
                "DATABASE_URL | postgresql://u:gatewayPasswordQ7@h/d?sslmode=gatewayPasswordQ7",
                "DATABASE_URL | postgresql://u:gatewayPassword%Q7@h/d",
                "DATABASE_URL | gatewayPasswordQ7",
                "DATABASE_MIGRATION_URL | postgresql://u:ownerPasswordQ7@h:70000/d",
                "DATABASE_PASSWORD | secret:gateway#gatewayPasswordQ7x",
                "DATABASE_URL | secret:gateway",
                "REDIS_URL | redis://:redisPasswordQ7@h:x",
                "REDIS_URL | redis://h?password=redisPasswordQ7&x=1",
                "REDIS_URL | secret:gateway",
                "AWS_SECRET_ACCESS_KEY | ssm:/awsSecretKeyQ7",
                "HTTP_PORT | secret:gateway#password",
                "MAX_CLOCK_AHEAD | secret:gateway#password",
                "AUTH | secret:gateway#password",
                "RULES_FILE | secret:gateway#password",
                "ENVIRONMENT | secret:gateway",
            })
    void aWrongSettingIsToldWithoutItsValue(String variable, String value) throws Exception {
        for (String program : List.of("gateway", "processor")) {
            boolean readByBoth = !List.of("DATABASE_MIGRATION_URL", "RULES_FILE", "HTTP_PORT", "AUTH")
                    .contains(variable);
            boolean gatewaysOwn = List.of("HTTP_PORT", "AUTH").contains(variable);
            if (!readByBoth && gatewaysOwn != program.equals("gateway")) {
                continue;
            }
            Map<String, String> environment = environment(program);
            environment.put(variable, value);
            try (JavaProcess process = JavaProcess.start(folder, program, environment)) {
                assertEquals(78, process.awaitExit(), process::output);
                assertTrue(process.output().contains("  " + variable + ": "), process::output);
                // the name of a key or a parameter is none of its content
                String output = process.output()
                        .replace("has no key gatewayPasswordQ7x", "")
                        .replace("ssm:/awsSecretKeyQ7", "");
                assertNotIn("the output", output);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "processor", "local"})
    void whatHoldsASecretDoesNotShowItAsText(String program) throws Exception {
        Map<String, String> variables = environment(program);
        variables.put("AWS_SESSION_TOKEN", "sessionTokenQ7");
        variables.put("API_KEY", DEVICE_KEY);
        variables.put("OTEL_EXPORTER_OTLP_ENDPOINT", "https://u:collectorPasswordQ7@collector:4318");
        Environment environment = new Environment(variables, AwsReferences::create);
        List<Object> configs =
                switch (program) {
                    case "gateway" ->
                        List.of(
                                GatewayConfig.read(environment),
                                GatewayConfig.read(environment).database().login());
                    case "processor" -> List.of(ProcessorConfig.read(environment));
                    default -> List.of(LocalConfig.read(environment));
                };
        environment.check();

        for (Object config : configs) {
            String text = config.toString();
            assertNotIn("the text of " + config.getClass(), text);
            assertFalse(text.contains("Q7"), text);
        }
    }
}
