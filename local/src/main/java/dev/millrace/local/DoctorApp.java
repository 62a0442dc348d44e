package dev.millrace.local;

import dev.millrace.core.config.Environment;
import dev.millrace.core.config.InvalidConfiguration;
import dev.millrace.local.services.EmbeddedPrograms;
import dev.millrace.local.services.LoopbackPort;
import dev.millrace.local.services.RunDirectory;
import dev.millrace.local.services.StartFailure;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code doctor}: says, a line each, whether this machine has what the platform needs. */
final class DoctorApp {

    private static final int JAVA = 25;
    private static final long MIN_FREE_BYTES = 1L << 30;

    /** One thing looked at; a problem says what to do. */
    private record Finding(String what, Optional<String> problem) {}

    private DoctorApp() {}

    static int run(Environment environment, PrintStream out) throws InvalidConfiguration, StartFailure {
        LocalConfig config = LocalConfig.read(environment);
        environment.check();
        List<Finding> findings = new ArrayList<>();
        // Opening it clears away what a killed run left, which may hold ports.
        try (var directory = RunDirectory.open()) {
            findings.add(java());
            findings.add(disk(directory));
            config.platformPorts().forEach(port -> findings.add(port(port)));
            config.external()
                    .databaseUrl()
                    .ifPresentOrElse(
                            _ -> findings.add(new Finding("PostgreSQL: the one of DATABASE_URL", Optional.empty())),
                            () -> findings.add(
                                    new Finding("PostgreSQL: embedded", EmbeddedPrograms.postgresProblem())));
            config.external()
                    .redisUrl()
                    .ifPresentOrElse(
                            _ -> findings.add(new Finding("Redis: the one of REDIS_URL", Optional.empty())),
                            () -> findings.add(new Finding(
                                    "Redis: embedded", EmbeddedPrograms.redisProblem(directory.resolve("redis")))));
        }
        findings.forEach(finding ->
                out.println(finding.problem().map(problem -> "FAIL  " + problem).orElse("ok    " + finding.what())));
        return findings.stream().anyMatch(finding -> finding.problem().isPresent()) ? 1 : 0;
    }

    private static Finding java() {
        Runtime.Version version = Runtime.version();
        return new Finding(
                "Java " + version,
                version.feature() >= JAVA
                        ? Optional.empty()
                        : Optional.of("Java " + version + " is too old: a JDK " + JAVA + " is needed"));
    }

    private static Finding disk(RunDirectory directory) throws StartFailure {
        try {
            long free = Files.getFileStore(directory.path()).getUsableSpace();
            String where = free / (1 << 20) + " MiB free in " + directory.path().getParent();
            return new Finding(
                    where,
                    free >= MIN_FREE_BYTES
                            ? Optional.empty()
                            : Optional.of("Only " + where + ", 1024 are needed; another place: -Djava.io.tmpdir"));
        } catch (IOException e) {
            throw new StartFailure("The free space of " + directory.path() + " is not known: " + e, e);
        }
    }

    private static Finding port(LoopbackPort port) {
        return new Finding("Port " + port.number() + " is free (" + port.variable() + ")", port.problem());
    }
}
