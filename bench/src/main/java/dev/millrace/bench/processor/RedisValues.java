package dev.millrace.bench.processor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Looks for latest values in Redis (RESP, inline commands). */
final class RedisValues implements AutoCloseable {

    private static final String PROCESS = "process_id:";

    private final Socket socket;
    private final BufferedReader in;

    /** @param url {@code redis://host:port} */
    RedisValues(String url) throws IOException {
        URI uri = URI.create(url);
        socket = new Socket(uri.getHost(), uri.getPort());
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /** A field of a sensor's hash; empty where there is none. */
    String value(String sensorId, String metric) throws IOException {
        socket.getOutputStream()
                .write(("HGET sensor:{" + sensorId + "} " + metric + "\r\n").getBytes(StandardCharsets.US_ASCII));
        String length = in.readLine();
        if (length == null || !length.startsWith("$")) {
            throw new IOException("Redis answers " + length);
        }
        return length.equals("$-1") ? "" : String.valueOf(in.readLine());
    }

    /** The server's process. */
    long process() throws IOException {
        socket.getOutputStream().write("INFO server\r\n".getBytes(StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.startsWith(PROCESS)) {
                return Long.parseLong(line.substring(PROCESS.length()));
            }
        }
        throw new IOException("Redis does not tell its process");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
