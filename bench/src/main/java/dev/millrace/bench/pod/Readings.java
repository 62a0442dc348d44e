package dev.millrace.bench.pod;

import dev.millrace.gateway.auth.ApiKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;

/** A few requests of each kind that a gateway gets, over HTTPS. */
final class Readings {

    private static final int SINGLES = 300;
    private static final int BODIES = 30;
    private static final int READINGS_PER_BODY = 100;

    private final URI gateway;
    private final ApiKey key;
    private final HttpClient http;

    Readings(URI gateway, ApiKey key, SSLContext trusting) {
        this.gateway = gateway;
        this.key = key;
        this.http = HttpClient.newBuilder()
                .sslContext(trusting)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    /** How many {@link #send} sends. */
    static int count() {
        return SINGLES + BODIES * READINGS_PER_BODY;
    }

    /** Sends them, and asks for what became of them; each has to be answered well. */
    void send() throws IOException, InterruptedException {
        for (int number = 0; number < SINGLES; number++) {
            post("application/json", reading(number));
        }
        for (int body = 0; body < BODIES; body++) {
            int first = SINGLES + body * READINGS_PER_BODY;
            post(
                    "application/x-ndjson",
                    IntStream.range(first, first + READINGS_PER_BODY)
                            .mapToObj(Readings::reading)
                            .collect(Collectors.joining("\n", "", "\n")));
        }
        expect(200, request("/sensors").build());
    }

    private static String reading(int number) {
        return String.format(
                Locale.ROOT, "{\"sensorId\":\"press-%02d\",\"temperature\":%d.5}", number % 50, 60 + number % 10);
    }

    private void post(String type, String body) throws IOException, InterruptedException {
        expect(
                202,
                request("/sensors")
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(gateway.resolve(path)).header("Authorization", key.authorization());
    }

    private void expect(int status, HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != status) {
            throw new IOException(request.method() + " " + request.uri().getPath() + " is answered by "
                    + answer.statusCode() + " " + answer.body());
        }
    }
}
