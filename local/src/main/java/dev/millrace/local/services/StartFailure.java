package dev.millrace.local.services;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A part of the local platform cannot start. The message is written for the person at the terminal. */
public final class StartFailure extends Exception {

    private static final long serialVersionUID = 1L;

    private static final int LOG_LINES = 5;

    public StartFailure(String message) {
        super(message);
    }

    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * An embedded server did not start.
     *
     * @param server what people call it
     * @param variable the environment variable with which another server can be used instead
     * @param cause why
     * @param logs the files that it may have written to; their last lines end the message
     */
    static StartFailure ofServer(String server, String variable, Throwable cause, Path... logs) {
        var message = new StringBuilder(
                server + " did not start (" + reason(cause) + "); set " + variable + " to use another one");
        for (Path file : logs) {
            lastLines(file).forEach(line -> message.append("\n  ").append(line));
        }
        return new StartFailure(message.toString(), cause);
    }

    private static String reason(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private static List<String> lastLines(Path file) {
        try {
            List<String> lines = Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
            return lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size());
        } catch (IOException e) {
            return List.of(); // it did not come to writing
        }
    }
}
