package dev.millrace.local.services;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import redis.embedded.core.ExecutableProvider;

/** Whether the programs of the embedded servers are there for this system, without starting a server. */
public final class EmbeddedPrograms {

    private static final int RUN_SECONDS = 10;

    private EmbeddedPrograms() {}

    /** Why the embedded PostgreSQL cannot start here; empty if nothing speaks against it. */
    public static Optional<String> postgresProblem() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String archive = "postgres-%s-%s.txz"
                .formatted(
                        os.startsWith("mac") ? "darwin" : os,
                        switch (arch) {
                            case "amd64", "x86_64" -> "x86_64";
                            case "aarch64", "arm64" -> "arm_64";
                            default -> arch;
                        });
        if (LinuxUtils.class.getResource("/" + archive) == null) {
            return Optional.of("No PostgreSQL for " + os + " on " + arch + "; set DATABASE_URL to use another one");
        }
        if (os.equals("linux") && "root".equals(System.getProperty("user.name")) && !LinuxUtils.isUnshareAvailable()) {
            return Optional.of("PostgreSQL refuses to run as root, and `unshare -U` is not allowed here;"
                    + " use another user, or set DATABASE_URL to use another PostgreSQL");
        }
        return Optional.empty();
    }

    /**
     * Why the embedded Redis cannot start here; empty if its program runs.
     *
     * @param directory where the program is unpacked to
     */
    public static Optional<String> redisProblem(Path directory) {
        try {
            Files.createDirectories(directory);
            Path output = directory.resolve("version.log");
            String program = ExecutableProvider.newJarResourceProvider(directory.toFile())
                    .get()
                    .getAbsolutePath();
            Process process = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(RUN_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            } else if (process.exitValue() == 0) {
                return Optional.empty();
            }
            return problem(new IOException("its program fails"), output);
        } catch (IOException | RuntimeException e) {
            return problem(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return problem(e);
        }
    }

    private static Optional<String> problem(Exception cause, Path... logs) {
        return Optional.ofNullable(
                StartFailure.ofServer("Redis", "REDIS_URL", cause, logs).getMessage());
    }
}
