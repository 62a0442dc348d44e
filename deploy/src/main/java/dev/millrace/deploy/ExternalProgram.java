package dev.millrace.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A program that checks what we check too, better or otherwise, and need not be there. */
public final class ExternalProgram {

    private ExternalProgram() {}

    /** What a program that ended had to say. */
    public record Outcome(int code, String output) {}

    /** Runs a command in a folder, and waits; nothing where there is no such program. */
    public static Optional<Outcome> run(Path folder, List<String> command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException _) {
            // not on the PATH
            return Optional.empty();
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        try {
            return Optional.of(new Outcome(process.waitFor(), output));
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException(command.getFirst()).initCause(e);
        }
    }
}
