package dev.millrace.local;

import dev.millrace.gateway.auth.ApiKey;
import dev.millrace.local.services.StartFailure;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys with which a platform begins whose gateway asks for some and was given none: an admin's in a key file of its own, and a
 * device's from the registry. Both live as long as the platform.
 *
 * @param admin the admin's
 * @param file where the gateway finds the hash of it
 */
record FirstKeys(ApiKey admin, Path file) {

    private static final Logger LOG = LoggerFactory.getLogger(FirstKeys.class);

    /** The device that is registered; it may report every sensor. */
    static final String DEVICE = "make-run";

    private static final String ADMIN = "admin";

    /** Of the device's key: the database may be another's, and outlive a platform that is killed. */
    private static final Duration LIFE = Duration.ofDays(1);

    /** Makes the admin's key and the file. */
    static FirstKeys make(Path file) throws StartFailure {
        ApiKey admin = ApiKey.generate(ADMIN, new SecureRandom());
        JsonObject entry =
                new JsonObject().put("name", ADMIN).put("role", "admin").put("sha256", admin.sha256());
        try {
            Files.writeString(file, "{\"keys\": [" + entry.encode() + "]}\n");
        } catch (IOException e) {
            throw new StartFailure("The first key cannot be written down: " + e.getMessage());
        }
        return new FirstKeys(admin, file);
    }

    /** Registers the device and gives it a key, at a gateway that is ready. */
    ApiKey registerDevice(URI gateway) throws StartFailure, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            // one of a platform before, whose database is still there
            send(client, request(gateway.resolve("/devices/" + DEVICE)).DELETE().build());
            post(
                    client,
                    gateway.resolve("/devices"),
                    new JsonObject().put("id", DEVICE).put("sensors", new JsonArray().add("*")));
            return new ApiKey(post(
                            client,
                            gateway.resolve("/devices/" + DEVICE + "/keys"),
                            new JsonObject()
                                    .put("expiresAt", Instant.now().plus(LIFE).toString()))
                    .getString("key"));
        } catch (IOException e) {
            throw new StartFailure("The first device cannot be registered: " + e.getMessage());
        }
    }

    /** Removes the device; where that cannot be, its key expires. */
    void removeDevice(URI gateway) throws InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            send(client, request(gateway.resolve("/devices/" + DEVICE)).DELETE().build());
        } catch (IOException e) {
            LOG.info("The device {} stays registered, its key expires within a day: {}", DEVICE, e.getMessage());
        }
    }

    private JsonObject post(HttpClient client, URI address, JsonObject body)
            throws IOException, InterruptedException, StartFailure {
        HttpResponse<String> answer = send(
                client,
                request(address)
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                        .build());
        if (answer.statusCode() != 201) {
            throw new StartFailure("The first device cannot be registered: the gateway answers " + answer.statusCode());
        }
        return new JsonObject(answer.body());
    }

    private HttpRequest.Builder request(URI address) {
        return HttpRequest.newBuilder(address)
                .timeout(Duration.ofSeconds(30))
                .header("authorization", admin.authorization());
    }

    private static HttpResponse<String> send(HttpClient client, HttpRequest request)
            throws IOException, InterruptedException {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
