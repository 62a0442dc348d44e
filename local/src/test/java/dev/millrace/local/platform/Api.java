package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** The gateway's HTTP interface, as its clients see it. */
final class Api implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final String address;
    private final HttpClient client = HttpClient.newHttpClient();

    Api(int port) {
        address = "http://127.0.0.1:" + port;
    }

    String address() {
        return address;
    }

    /** The answer to a query that must succeed. */
    JsonObject get(String path) throws Exception {
        HttpResponse<String> answer = send(request(path).build());
        assertEquals(200, answer.statusCode(), () -> path + ": " + answer.body());
        return new JsonObject(answer.body());
    }

    int status(String path) throws Exception {
        return send(request(path).build()).statusCode();
    }

    /** Posts readings, each of which must be accepted. */
    void post(String readings, int count) throws Exception {
        HttpResponse<String> answer = send(request("/sensors")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(readings))
                .build());
        assertEquals(202, answer.statusCode(), answer::body);
        assertEquals("{\"accepted\":" + count + "}", answer.body());
    }

    /** Acknowledges an anomaly, which must succeed; answers with it. */
    JsonObject acknowledge(String id) throws Exception {
        HttpResponse<String> answer = send(request("/anomalies/" + id + "/ack")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
        assertEquals(200, answer.statusCode(), answer::body);
        return new JsonObject(answer.body());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path)).timeout(TIMEOUT);
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        client.close();
    }
}
