package dev.millrace.local.secrets;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Secrets Manager and the Parameter Store as far as they are used here, on the protocol of both: a POST of JSON 1.1, the operation in
 * {@code X-Amz-Target}, signed for the service that is meant.
 */
public final class SecretsStandIn implements AutoCloseable {

    public static final String ACCESS_KEY = "AKIDEXAMPLE";

    /** Longer than any client waits. */
    private static final int HANG_SECONDS = 60;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, String> secrets = new ConcurrentHashMap<>();
    private final Map<String, String> parameters = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final Set<String> denied = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean hangs;

    private SecretsStandIn(HttpServer server) {
        this.server = server;
    }

    public static SecretsStandIn start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        SecretsStandIn standIn = new SecretsStandIn(server);
        server.setExecutor(standIn.threads);
        server.createContext("/", standIn::handle);
        server.start();
        return standIn;
    }

    /** The variables with which a program finds it. */
    public Map<String, String> settings() {
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        return Map.of("AWS_ENDPOINT_URL_SECRETS_MANAGER", url, "AWS_ENDPOINT_URL_SSM", url);
    }

    public void putSecret(String name, String text) {
        secrets.put(name, text);
    }

    /** An encrypted parameter. */
    public void putParameter(String name, String value) {
        parameters.put(name, value);
    }

    /** From now on nobody may read it. */
    public void deny(String name) {
        denied.add(name);
    }

    /** From now on it takes requests and answers none. */
    public void hang() {
        hangs = true;
    }

    /** How often something was asked for. */
    public int asked(String name) {
        AtomicInteger count = asked.get(name);
        return count == null ? 0 : count.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonObject request =
                    new JsonObject(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            if (hangs) {
                awaitClose();
            }
            String target = String.valueOf(exchange.getRequestHeaders().getFirst("X-Amz-Target"));
            switch (target) {
                case "secretsmanager.GetSecretValue" -> {
                    String name = request.getString("SecretId");
                    answer(exchange, "secretsmanager", name, "ResourceNotFoundException", secret(name));
                }
                case "AmazonSSM.GetParameter" -> {
                    String name = request.getString("Name");
                    boolean decrypted = Boolean.TRUE.equals(request.getBoolean("WithDecryption"));
                    answer(exchange, "ssm", name, "ParameterNotFound", parameter(name, decrypted));
                }
                default -> send(exchange, 400, error("UnknownOperationException"));
            }
        }
    }

    private void awaitClose() {
        try {
            if (!closed.await(HANG_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody has closed it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable JsonObject secret(String name) {
        String text = secrets.get(name);
        return text == null
                ? null
                : new JsonObject()
                        .put("ARN", "arn:aws:secretsmanager:eu-central-1:1:secret:" + name)
                        .put("Name", name)
                        .put("VersionId", "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE")
                        .put("SecretString", text);
    }

    private @Nullable JsonObject parameter(String name, boolean decrypted) {
        String value = parameters.get(name);
        return value == null
                ? null
                : new JsonObject()
                        .put(
                                "Parameter",
                                new JsonObject()
                                        .put("Name", name)
                                        .put("Type", "SecureString")
                                        .put("Version", 1)
                                        .put("Value", decrypted ? value : "AQICAHencrypted"));
    }

    private void answer(HttpExchange exchange, String service, String name, String notFound, @Nullable JsonObject found)
            throws IOException {
        asked.computeIfAbsent(name, _ -> new AtomicInteger()).incrementAndGet();
        String signature = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        boolean signed = signature.startsWith("AWS4-HMAC-SHA256 Credential=" + ACCESS_KEY + "/")
                && signature.contains("/eu-central-1/" + service + "/aws4_request");
        if (!signed) {
            send(exchange, 400, error("UnrecognizedClientException"));
        } else if (denied.contains(name)) {
            send(exchange, 400, error("AccessDeniedException"));
        } else if (found == null) {
            send(exchange, 400, error(notFound));
        } else {
            send(exchange, 200, found);
        }
    }

    private static JsonObject error(String code) {
        return new JsonObject().put("__type", code).put("Message", "what AWS says of it");
    }

    private static void send(HttpExchange exchange, int status, JsonObject body) throws IOException {
        byte[] bytes = body.toBuffer().getBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.1");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.close();
    }
}
