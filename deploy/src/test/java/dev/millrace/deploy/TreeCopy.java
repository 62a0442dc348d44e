package dev.millrace.deploy;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A copy of what the checks read of the project's tree, to make mistakes in.
 *
 * @param root where it is
 */
public record TreeCopy(Path root) {

    private static final List<String> COPIED =
            List.of("aws", "k8s", "docs/operations.md", "eksctl-cluster.yaml", "tools");

    /** Of their sources those that may call AWS. */
    private static final List<String> MODULES = List.of("core", "gateway", "processor");

    private static final String SDK = "import software.amazon.awssdk.";

    /** A copy in an empty folder. */
    public static TreeCopy in(Path folder) throws IOException {
        for (String name : COPIED) {
            copy(Project.ROOT.resolve(name), folder.resolve(name), _ -> true);
        }
        for (String module : MODULES) {
            copy(
                    Project.ROOT.resolve(module + "/src/main/java"),
                    folder.resolve(module + "/src/main/java"),
                    TreeCopy::callsAws);
        }
        return new TreeCopy(folder);
    }

    /** A copy of what the check of the manifests reads, with one overlay and, unless asked for, no component: that is quicker. */
    public static TreeCopy ofManifests(Path folder, String overlay, boolean withComponents) throws IOException {
        for (String name : List.of("aws/stack.yaml", "docs/operations.md", "README.md", "eksctl-cluster.yaml")) {
            copy(Project.ROOT.resolve(name), folder.resolve(name), _ -> true);
        }
        Path manifests = Project.ROOT.resolve("k8s");
        copy(manifests, folder.resolve("k8s"), file -> {
            Path place = manifests.relativize(file);
            return (!place.startsWith("overlays") || place.startsWith(Path.of("overlays", overlay)))
                    && (!place.startsWith("components") || withComponents);
        });
        Files.createDirectories(folder.resolve("k8s/components"));
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

    /** Changes the first place in a file that a pattern matches. */
    public void change(String file, String pattern, String replacement) throws IOException {
        String before = Files.readString(root.resolve(file));
        String after = Pattern.compile(pattern).matcher(before).replaceFirst(replacement);
        assertNotEquals(before, after, "the mistake is not made: " + file + " has no " + pattern);
        Files.writeString(root.resolve(file), after);
    }
}
