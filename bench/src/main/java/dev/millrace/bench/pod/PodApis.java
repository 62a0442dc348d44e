package dev.millrace.bench.pod;

import dev.millrace.core.lifecycle.VertxInstances;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a pod asks at its start beside the stores, as far as our programs use it: its credentials (EKS Pod Identity), Secrets Manager and the
 * Parameter Store, and the cluster's Leases. On loopback; nothing is checked.
 */
final class PodApis implements AutoCloseable {

    static final String NAMESPACE = "iot-bench";

    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/" + NAMESPACE + "/leases";

    private final Vertx vertx = VertxInstances.create();
    private final Map<String, String> secrets;
    private final Map<String, String> parameters;
    private final HttpServer server;

    /** On the server's context alone. */
    private final Map<String, JsonObject> leases = new TreeMap<>();

    private long version;

    /**
     * Starts to answer.
     *
     * @param secrets texts by name
     * @param parameters values by name
     */
    PodApis(Map<String, String> secrets, Map<String, String> parameters) {
        this.secrets = Map.copyOf(secrets);
        this.parameters = Map.copyOf(parameters);
        this.server = vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> answer(request, body.toString())))
                .listen(0, "127.0.0.1")
                .await();
    }

    /** The variables with which a program finds all of it. */
    Map<String, String> settings() {
        String url = "http://127.0.0.1:" + server.actualPort();
        return Map.of(
                "AWS_ENDPOINT_URL_SECRETS_MANAGER", url,
                "AWS_ENDPOINT_URL_SSM", url,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI", url + "/v1/credentials",
                "KUBERNETES_API_URL", url);
    }

    private void answer(HttpServerRequest request, String body) {
        String target = String.valueOf(request.getHeader("X-Amz-Target"));
        switch (target) {
            case "secretsmanager.GetSecretValue" -> {
                String name = new JsonObject(body).getString("SecretId");
                send(request, new JsonObject().put("Name", name).put("SecretString", secrets.get(name)));
            }
            case "AmazonSSM.GetParameter" -> {
                String name = new JsonObject(body).getString("Name");
                send(
                        request,
                        new JsonObject()
                                .put(
                                        "Parameter",
                                        new JsonObject()
                                                .put("Name", name)
                                                .put("Type", "String")
                                                .put("Value", parameters.get(name))));
            }
            default -> {
                String path = String.valueOf(request.path());
                if (path.startsWith(LEASES)) {
                    lease(request, path.substring(LEASES.length()).replaceFirst("^/", ""), body);
                } else {
                    send(request, credentials());
                }
            }
        }
    }

    private static JsonObject credentials() {
        return new JsonObject()
                .put("AccessKeyId", "bench")
                .put("SecretAccessKey", "bench")
                .put("Token", "bench")
                .put("Expiration", Instant.now().plus(6, ChronoUnit.HOURS).toString());
    }

    private void lease(HttpServerRequest request, String name, String body) {
        HttpMethod method = request.method();
        if (method.equals(HttpMethod.POST) || method.equals(HttpMethod.PUT)) {
            JsonObject lease = new JsonObject(body);
            JsonObject metadata = lease.getJsonObject("metadata").put("resourceVersion", Long.toString(++version));
            leases.put(metadata.getString("name"), lease);
            send(request, lease);
        } else if (method.equals(HttpMethod.DELETE)) {
            leases.remove(name);
            send(request, status());
        } else if (name.isEmpty()) {
            send(
                    request,
                    new JsonObject()
                            .put("apiVersion", "coordination.k8s.io/v1")
                            .put("kind", "LeaseList")
                            .put("metadata", new JsonObject().put("resourceVersion", Long.toString(version)))
                            .put("items", new JsonArray(leases.values().stream().toList())));
        } else if (leases.containsKey(name)) {
            send(request, leases.get(name));
        } else {
            request.response().setStatusCode(404);
            send(request, status());
        }
    }

    private static JsonObject status() {
        return new JsonObject().put("apiVersion", "v1").put("kind", "Status");
    }

    private static void send(HttpServerRequest request, JsonObject answer) {
        request.response().putHeader("Content-Type", "application/json").end(answer.toBuffer());
    }

    @Override
    public void close() {
        vertx.close().await();
    }
}
