package dev.millrace.bench.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** The faults of a Kinesis emulator in another process. */
public final class EmulatorFaults {

    private final URI faults;
    private final HttpClient http = HttpClient.newHttpClient();

    /** @param endpoint the emulator's address */
    public EmulatorFaults(String endpoint) {
        this.faults = URI.create(endpoint + "/_faults");
    }

    /** Puts a rule in force, in the emulator's own form. */
    public void add(String rule) throws IOException, InterruptedException {
        expect(
                201,
                HttpRequest.newBuilder(faults)
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(rule))
                        .build());
    }

    /** Ends all rules; calls that they hold are carried out. */
    public void clear() throws IOException, InterruptedException {
        expect(204, HttpRequest.newBuilder(faults).DELETE().build());
    }

    private void expect(int status, HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != status) {
            throw new IOException("the emulator does not take the rule: " + answer.body());
        }
    }
}
