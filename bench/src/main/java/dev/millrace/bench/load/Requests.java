package dev.millrace.bench.load;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Prepared requests, as devices send them: every reading with its sensor, one measurement and a timestamp. */
final class Requests {

    private static final int SENSORS = 1_000;
    private static final Instant FIRST = Instant.parse("2025-12-04T12:00:00Z");

    /** How a body holds its readings. */
    enum Form {
        OBJECT("application/json"),
        ARRAY("application/json"),
        NDJSON("application/x-ndjson");

        private final String contentType;

        Form(String contentType) {
            this.contentType = contentType;
        }
    }

    private Requests() {}

    /** Requests of one reading each, one of each sensor. */
    static List<byte[]> singles() {
        return requests(Form.OBJECT, SENSORS, 1);
    }

    /** {@code count} requests of {@code readings} readings each. */
    static List<byte[]> requests(Form form, int count, int readings) {
        List<byte[]> requests = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            requests.add(request(form.contentType, body(form, i * readings, readings)));
        }
        return requests;
    }

    private static byte[] request(String contentType, String body) {
        return ("POST /sensors HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: millrace-bench\r\nAccept: */*\r\nContent-Type: "
                        + contentType + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String body(Form form, int first, int readings) {
        var lines = IntStream.range(first, first + readings).mapToObj(Requests::reading);
        return switch (form) {
            case OBJECT -> lines.collect(Collectors.joining());
            case ARRAY -> lines.collect(Collectors.joining(",", "[", "]"));
            case NDJSON -> lines.collect(Collectors.joining("\n", "", "\n"));
        };
    }

    private static String reading(int number) {
        return String.format(
                Locale.ROOT,
                "{\"sensorId\":\"press-%03d\",\"temperature\":%.2f,\"timestamp\":\"%s\"}",
                number % SENSORS,
                60 + number % 1_777 * 0.01,
                FIRST.plusMillis(number * 7L));
    }
}
