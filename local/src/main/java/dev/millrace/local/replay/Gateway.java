package dev.millrace.local.replay;

import dev.millrace.gateway.auth.ApiKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Where readings are sent to. */
@FunctionalInterface
interface Gateway {

    /**
     * Sends a JSON array of readings and waits for the answer.
     *
     * @param count how many readings the array has
     * @throws IOException if there is none; the readings may be accepted or not
     */
    Answer post(String readings, int count) throws IOException, InterruptedException;

    /** The gateway at an address, over HTTP/1.1, which keeps the order of one connection. */
    static Gateway at(URI address, Optional<ApiKey> key, HttpClient client) {
        URI sensors = URI.create(address + "/sensors");
        return (readings, count) -> {
            var request = HttpRequest.newBuilder(sensors)
                    .header("Content-Type", "application/json")
                    .timeout(Http.ANSWER_TIME)
                    .POST(HttpRequest.BodyPublishers.ofString(readings));
            key.ifPresent(shown -> request.header("Authorization", shown.authorization()));
            HttpResponse<String> response = client.send(
                    request.build(),
                    HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), Http.MAX_ANSWER_BYTES));
            Optional<String> retryAfter = response.headers().firstValue("Retry-After");
            return Answer.of(response.statusCode(), retryAfter, response.body(), count);
        };
    }

    /** A client for {@link #at}. */
    static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Http.CONNECT_TIME)
                .build();
    }

    /** The bounds of a call. */
    final class Http {
        private static final Duration CONNECT_TIME = Duration.ofSeconds(5);
        /** Longer than the gateway takes to give up itself, so that its answer is the one that counts. */
        private static final Duration ANSWER_TIME = Duration.ofSeconds(30);

        private static final long MAX_ANSWER_BYTES = 4L * 1024 * 1024;

        private Http() {}
    }
}
