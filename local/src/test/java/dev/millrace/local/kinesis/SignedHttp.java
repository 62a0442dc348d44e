package dev.millrace.local.kinesis;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Calls of the Kinesis API without an SDK, so that a test can send what no SDK would. */
final class SignedHttp implements AutoCloseable {

    static final String AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=key/20260501/eu-central-1/kinesis/aws4_request, "
            + "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0f".repeat(32);

    private final HttpClient client = HttpClient.newHttpClient();
    private final URI endpoint;

    SignedHttp(URI endpoint) {
        this.endpoint = endpoint;
    }

    /** The headers of a call in AWS JSON 1.1, to be changed. */
    static Map<String, String> headers(String operation) {
        var headers = new LinkedHashMap<String, String>();
        headers.put("Content-Type", "application/x-amz-json-1.1");
        headers.put("X-Amz-Target", "Kinesis_20131202." + operation);
        headers.put("X-Amz-Date", "20260501T100000Z");
        headers.put("Authorization", AUTHORIZATION);
        return headers;
    }

    HttpResponse<byte[]> call(String operation, String json) {
        return call(headers(operation), json.getBytes(StandardCharsets.UTF_8));
    }

    HttpResponse<byte[]> call(Map<String, String> headers, byte[] body) {
        var request = HttpRequest.newBuilder(endpoint.resolve("/")).POST(BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        return send(request.build());
    }

    HttpResponse<byte[]> send(String method, String path, String contentType, String body) {
        return send(HttpRequest.newBuilder(endpoint.resolve(path))
                .method(method, BodyPublishers.ofString(body))
                .header("Content-Type", contentType)
                .build());
    }

    private HttpResponse<byte[]> send(HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.ofByteArray());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static JsonObject json(HttpResponse<byte[]> response) {
        return new JsonObject(new String(response.body(), StandardCharsets.UTF_8));
    }

    /** The status and the error's name. */
    static String error(HttpResponse<byte[]> response) {
        return response.statusCode() + " " + json(response).getString("__type");
    }

    @Override
    public void close() {
        client.close();
    }
}
