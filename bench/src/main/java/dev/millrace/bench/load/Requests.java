package dev.millrace.bench.load;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Prepared requests, as devices send them: every reading with its sensor, one measurement and a timestamp. */
final class Requests {

    private static final int SENSORS = 1_000;
    private static final Instant FIRST = Instant.parse("2025-12-04T12:00:00Z");

    private Requests() {}

    /**
     * Requests of one reading each, one of each sensor.
     *
     * @param authorization the value of that header
     */
    static List<byte[]> singles(String authorization) {
        return requests(SENSORS, number -> request("application/json", authorization, reading(number)));
    }

    /** {@code count} requests of {@code readings} readings each, one a line. */
    static List<byte[]> ndjson(int count, int readings, String authorization) {
        return requests(
                count, number -> request("application/x-ndjson", authorization, lines(number * readings, readings)));
    }

    private static List<byte[]> requests(int count, IntFunction<byte[]> request) {
        return IntStream.range(0, count).mapToObj(request).toList();
    }

    private static byte[] request(String contentType, String authorization, String body) {
        return ("POST /sensors HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: millrace-bench\r\nAccept: */*\r\nAuthorization: "
                        + authorization + "\r\nContent-Type: " + contentType + "\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String lines(int first, int readings) {
        return IntStream.range(first, first + readings)
                .mapToObj(Requests::reading)
                .collect(Collectors.joining("\n", "", "\n"));
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
