package dev.millrace.deploy.kubernetes;

import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.deploy.ProgramMissing;
import dev.millrace.deploy.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A copy of what the manifests' check reads of the project's tree, in which a test makes a mistake. */
record TreeCopy(Path root) {

    /** The condition of tests that render, and why they are skipped. */
    static final String POSSIBLE = "dev.millrace.deploy.kubernetes.TreeCopy#canRender";

    static final String WITHOUT = "there is neither kubectl 1.27 nor kustomize 5 on the PATH";

    static boolean canRender() {
        try {
            Kustomize.ofThisMachine();
            return true;
        } catch (ProgramMissing _) {
            return false;
        }
    }

    /** With one overlay only, which is quicker. */
    static TreeCopy make(Path folder, String overlay) throws IOException {
        for (String name : List.of("k8s", "docs/operations.md", "README.md", "eksctl-cluster.yaml")) {
            copy(name, folder);
        }
        try (Stream<Path> overlays = Files.list(folder.resolve("k8s/overlays"))) {
            for (Path other : overlays.filter(path -> !path.endsWith(overlay)).toList()) {
                try (Stream<Path> files = Files.list(other)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
                Files.delete(other);
            }
        }
        return new TreeCopy(folder);
    }

    private static void copy(String name, Path folder) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        try (Stream<Path> files = Files.walk(Project.ROOT.resolve(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(Project.ROOT.relativize(file).toString()));
            }
        }
    }

    /** Changes the first place in a file that a pattern matches. */
    void change(String file, String pattern, String replacement) throws IOException {
        String before = Files.readString(root.resolve(file));
        String after = Pattern.compile(pattern).matcher(before).replaceFirst(replacement);
        assertNotEquals(before, after, "the mistake is not made: " + file + " has no " + pattern);
        Files.writeString(root.resolve(file), after);
    }
}
