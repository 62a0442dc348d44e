package dev.millrace.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A copy of what the checks of {@code aws/} and of the cluster read, to make mistakes in.
 *
 * @param root where it is
 */
public record TreeCopy(Path root) {

    public static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    private static final List<String> COPIED =
            List.of("aws", "k8s", "docs/operations.md", "eksctl-cluster.yaml", "tools");

    /** Of their sources those that may call AWS. */
    private static final List<String> MODULES = List.of("core", "gateway", "processor");

    private static final String SDK = "import software.amazon.awssdk.";

    /** A copy in an empty folder. */
    public static TreeCopy in(Path folder) throws IOException {
        for (String name : COPIED) {
            copy(PROJECT.resolve(name), folder.resolve(name), _ -> true);
        }
        for (String module : MODULES) {
            copy(
                    PROJECT.resolve(module + "/src/main/java"),
                    folder.resolve(module + "/src/main/java"),
                    TreeCopy::callsAws);
        }
        return new TreeCopy(folder);
    }

    private static boolean callsAws(Path source) {
        try {
            return Files.readString(source).contains(SDK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to, Predicate<Path> which) throws IOException {
        Files.createDirectories(to.getParent());
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).filter(which).toList()) {
                Path copied = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copied.getParent());
                Files.copy(file, copied);
                assertTrue(copied.toFile().setExecutable(Files.isExecutable(file)), copied::toString);
            }
        }
    }

    /** Replaces the first occurrence of a text, which must be there. */
    public void replace(String file, String text, String other) throws IOException {
        Path path = root.resolve(file);
        String content = Files.readString(path);
        int at = content.indexOf(text);
        assertTrue(at >= 0, () -> file + " has no " + text);
        Files.writeString(path, content.substring(0, at) + other + content.substring(at + text.length()));
    }
}
