package dev.millrace.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A program of the system; a test that needs one that is not there is skipped, with a line. */
public final class Program {

    private Program() {}

    /** What it says, its errors too. Its input is empty. */
    public static String run(String... command) throws IOException, InterruptedException {
        return runWith("", command);
    }

    /** The same with an input. */
    public static String runWith(String input, String... command) throws IOException, InterruptedException {
        return endWith(input, command).said();
    }

    /** Whether it ends without an error. */
    public static boolean succeeds(String... command) throws IOException, InterruptedException {
        return endWith("", command).exitCode() == 0;
    }

    private record End(int exitCode, String said) {}

    private static End endWith(String input, String... command) throws IOException, InterruptedException {
        Assumptions.assumeTrue(isInstalled(command[0]), "the " + command[0] + " command is not on the PATH");
        Path in = Files.createTempFile("program", ".in");
        Path out = Files.createTempFile("program", ".out");
        try {
            Files.writeString(in, input);
            Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                    .redirectInput(in.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            boolean ended = process.waitFor(120, TimeUnit.SECONDS);
            process.destroyForcibly();
            String said = Files.readString(out, StandardCharsets.ISO_8859_1);
            assertTrue(ended, () -> String.join(" ", command) + " does not end: " + said);
            return new End(process.exitValue(), said);
        } finally {
            Files.delete(in);
            Files.delete(out);
        }
    }

    private static boolean isInstalled(String name) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, name))) {
                return true;
            }
        }
        return false;
    }
}
