package dev.millrace.local.services;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

    private static final String PREFIX = "millrace-test-";

    private final Path parent;

    private Process server;

    RunDirectoryTest(@TempDir Path parent) {
        this.parent = parent;
    }

    @BeforeEach
    void startsAServer() throws IOException {
        server = new ProcessBuilder("sleep", "600").start();
    }

    @AfterEach
    void endsTheServer() {
        server.destroyForcibly();
    }

    @Test
    void leavesNothingBehind() throws Exception {
        try (var directory = RunDirectory.open(parent, PREFIX)) {
            Files.createDirectories(directory.resolve("postgresql/data"));
            Files.writeString(directory.resolve("postgresql/data/file"), "content");
        }

        assertEquals(List.of(), children());
    }

    @Test
    void stopsWhatStillRunsInItBeforeItGoes() throws Exception {
        try (var directory = RunDirectory.open(parent, PREFIX)) {
            writePid(directory.path());
        }

        assertFalse(server.isAlive());
    }

    @Test
    void clearsAwayAKilledRunWithItsServer() throws Exception {
        Path dead = deadRun();
        writePid(dead);

        try (var directory = RunDirectory.open(parent, PREFIX)) {
            assertFalse(server.isAlive());
            assertEquals(List.of(directory.path()), children());
        }
    }

    @Test
    void leavesARunAloneThatLives() throws Exception {
        try (var living = RunDirectory.open(parent, PREFIX)) {
            writePid(living.path());

            try (var directory = RunDirectory.open(parent, PREFIX)) {
                assertTrue(server.isAlive());
                assertTrue(Files.exists(living.path()));
                assertTrue(Files.exists(directory.path()));
            }
        }
    }

    @Test
    void doesNotStopAProcessThatInheritedTheNumberOfADeadServer() throws Exception {
        Path dead = deadRun();
        Path pidFile = writePid(dead);
        Files.setLastModifiedTime(pidFile, FileTime.from(Instant.now().minus(Duration.ofHours(1))));

        try (var directory = RunDirectory.open(parent, PREFIX)) {
            assertTrue(server.isAlive());
            assertEquals(List.of(directory.path()), children());
        }
    }

    @Test
    void isNotStoppedByAPidFileWithoutANumber() throws Exception {
        Path dead = deadRun();
        Files.writeString(dead.resolve("broken.pid"), "");
        Files.writeString(dead.resolve("other.pid"), "not a number\n");

        try (var directory = RunDirectory.open(parent, PREFIX)) {
            assertEquals(List.of(directory.path()), children());
        }
    }

    @Test
    void leavesOtherPeoplesFilesAlone() throws Exception {
        Path file = Files.writeString(parent.resolve(PREFIX + "notes"), "not a directory");
        Path target = Files.createDirectory(parent.resolve("elsewhere"));
        Files.writeString(target.resolve("lock"), "");
        Path link = Files.createSymbolicLink(parent.resolve(PREFIX + "link"), target);

        RunDirectory.open(parent, PREFIX).close();

        assertTrue(Files.exists(file));
        assertTrue(Files.exists(link));
        assertTrue(Files.exists(target.resolve("lock")));
    }

    private Path deadRun() throws IOException {
        Path dead = Files.createDirectory(parent.resolve(PREFIX + "dead"));
        Files.writeString(dead.resolve("lock"), "");
        return dead;
    }

    private Path writePid(Path directory) throws IOException {
        Path place = Files.createDirectories(directory.resolve("redis"));
        return Files.writeString(place.resolve("redis.pid"), server.pid() + "\n");
    }

    private List<Path> children() throws IOException {
        try (var paths = Files.list(parent)) {
            return paths.toList();
        }
    }
}
