package dev.millrace.local.services;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The temporary directory of one run, readable by its user alone. It holds all that the embedded servers write, and goes
 * when the run ends.
 *
 * <p>A run that was killed with SIGKILL leaves its directory and its servers behind. Opening the next one ends both: every
 * run holds a lock on its directory for as long as it lives, so a directory whose lock is free belongs to nobody. The
 * servers in it are found by their {@code *.pid} files.
 */
public final class RunDirectory implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RunDirectory.class);

    private static final String LOCK = "lock";
    private static final int ATTEMPTS = 10;
    /** A directory without a lock file, if younger, may be one that is being made just now. */
    private static final Duration TOO_YOUNG = Duration.ofMinutes(1);
    /** For a clean stop of a server; after it the server is killed. */
    private static final Duration STOP_TIME = Duration.ofSeconds(5);

    private static final Duration PROBE_INTERVAL = Duration.ofMillis(5);
    /** A process's start is told relative to the boot, whose time is known to the second and moves when the clock is set. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofSeconds(5);

    /**
     * The directories that this process holds. A process must not even open the lock file of one of them a second time: closing
     * it again would release the lock, because POSIX locks belong to process and file, not to a descriptor.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;

    private RunDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes a directory for this run in the system's temporary directory, after clearing away those of dead runs. */
    public static RunDirectory open() throws StartFailure {
        return open(Path.of(System.getProperty("java.io.tmpdir")), "millrace-" + userName() + "-");
    }

    /** As {@link #open()}, within {@code parent} and with a name that begins with {@code prefix}. */
    static RunDirectory open(Path parent, String prefix) throws StartFailure {
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Path path = Files.createTempDirectory(parent, prefix);
                FileChannel lock = lock(path, StandardOpenOption.CREATE_NEW);
                if (lock == null || !Files.exists(path.resolve(LOCK))) {
                    continue; // another run took it for a dead one between these two lines
                }
                HELD.add(path);
                clearDeadRuns(parent, prefix, Files.getOwner(path));
                return new RunDirectory(path, lock);
            }
            throw new StartFailure("Could not lock a directory in " + parent);
        } catch (IOException e) {
            throw new StartFailure("Could not make a directory in " + parent + ": " + e, e);
        }
    }

    public Path path() {
        return path;
    }

    /** The directory of one server; the server, or its adapter, makes it. */
    public Path resolve(String name) {
        return path.resolve(name);
    }

    /** Ends what still runs in it, and removes it. */
    @Override
    public void close() {
        clear(path, lock);
        HELD.remove(path);
    }

    private static void clearDeadRuns(Path parent, String prefix, UserPrincipal user) throws IOException {
        List<Path> candidates = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(parent, prefix + "*")) {
            paths.forEach(candidates::add);
        }
        candidates.removeAll(HELD);
        for (Path candidate : candidates) {
            try {
                if (!Files.isDirectory(candidate, LinkOption.NOFOLLOW_LINKS)
                        || !Files.getOwner(candidate, LinkOption.NOFOLLOW_LINKS).equals(user)) {
                    continue;
                }
                FileChannel lock = lock(candidate, StandardOpenOption.WRITE);
                if (lock != null) {
                    log.info("Clearing away what an earlier run left in {}", candidate);
                    clear(candidate, lock);
                }
            } catch (NoSuchFileException e) {
                clearIfOld(candidate);
            } catch (IOException e) {
                log.info("Could not clear away {}: {}", candidate, e.toString());
            }
        }
    }

    private static void clearIfOld(Path directory) {
        try {
            Instant changed = Files.getLastModifiedTime(directory).toInstant();
            if (changed.isBefore(Instant.now().minus(TOO_YOUNG))) {
                deleteTree(directory);
            }
        } catch (IOException e) {
            log.debug("Could not clear away {}", directory, e);
        }
    }

    private static @Nullable FileChannel lock(Path directory, StandardOpenOption option) throws IOException {
        FileChannel channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE, option);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // another run within this process
        }
        channel.close();
        return null;
    }

    private static void clear(Path directory, FileChannel lock) {
        try (lock) {
            pidFiles(directory).forEach(RunDirectory::stop);
            deleteTree(directory);
        } catch (IOException e) {
            log.warn("Could not remove {}: {}", directory, e.toString());
        }
    }

    /** The pid files in the directory and up to two levels below it, where PostgreSQL has its one. */
    private static List<Path> pidFiles(Path directory) throws IOException {
        try (var paths = Files.walk(directory, 3)) {
            return paths.filter(path -> path.toString().endsWith(".pid")).toList();
        }
    }

    /** The process that a pid file names in its first line, if it still lives. */
    static Optional<ProcessHandle> server(Path pidFile) {
        try {
            List<String> lines = Files.readAllLines(pidFile);
            // A process that started after its pid file was written has inherited the number from the server.
            Instant written = Files.getLastModifiedTime(pidFile).toInstant().plus(CLOCK_DIFFERENCE);
            return lines.isEmpty()
                    ? Optional.empty()
                    : ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                            .filter(ProcessHandle::isAlive)
                            .filter(process -> process.info()
                                    .startInstant()
                                    .map(start -> start.minusSeconds(1).isBefore(written))
                                    .orElse(false));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Asks the server of a pid file to end, waits until it has ended, and kills it if it does not. */
    static void stop(Path pidFile) {
        server(pidFile).ifPresent(process -> {
            process.destroy();
            if (!ends(process, pidFile)) {
                process.destroyForcibly();
                if (!ends(process, pidFile)) {
                    log.warn("Process {} does not end", process.pid());
                }
            }
        });
    }

    /**
     * Waits until a process is gone, or its pid file: servers remove it as the last thing that they do. A server that is not
     * this process's child can stay in the process table for a while after that, until somebody reaps it.
     */
    private static boolean ends(ProcessHandle process, Path pidFile) {
        long end = System.nanoTime() + STOP_TIME.toNanos();
        while (process.isAlive() && Files.exists(pidFile)) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            // Neither a process that is no child nor a file can be waited for in another way.
            LockSupport.parkNanos(PROBE_INTERVAL.toNanos());
        }
        return true;
    }

    private static void deleteTree(Path directory) throws IOException {
        // A server that was killed may still be removing files of its own.
        for (int attempt = 1; ; attempt++) {
            try {
                Files.walkFileTree(directory, new Deletion());
                return;
            } catch (IOException e) {
                if (attempt == ATTEMPTS || !Files.exists(directory)) {
                    throw e;
                }
            }
        }
    }

    private static String userName() {
        return System.getProperty("user.name", "nobody").replaceAll("[^A-Za-z0-9._-]", "_");
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
