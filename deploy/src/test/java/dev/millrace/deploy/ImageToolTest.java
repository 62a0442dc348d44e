package dev.millrace.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code make image}: which engine it takes, what it tells it, and what it writes into an overlay; with engines that only write down what they are told. */
class ImageToolTest {

    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

    /** Says that it works, writes down its arguments, and answers what an engine answers to a push. */
    private static final String ENGINE = """
            #!/bin/sh
            echo "$(basename "$0") $*" >>"$(dirname "$0")/../told"
            if [ "$1" = push ] && [ -f "$(dirname "$0")/../refuse" ]; then exit 125; fi
            while [ $# -gt 0 ]; do
                if [ "$1" = --digestfile ]; then printf %s "DIGEST" >"$2"; fi
                if [ "$1" = inspect ]; then for last; do :; done; echo "other/name@sha256:00"; echo "${last%:*}@DIGEST"; fi
                shift
            done
            """.replace("DIGEST", DIGEST);

    private static final String BROKEN = """
            #!/bin/sh
            echo "Cannot connect to the daemon" >&2
            exit 1
            """;

    private final Path directory;
    private final Path programs;
    private final Path overlay;

    ImageToolTest(@TempDir Path directory) {
        this.directory = directory;
        this.programs = directory.resolve("bin");
        this.overlay = directory.resolve("k8s/overlays/dev/kustomization.yaml");
    }

    private record Outcome(int code, String output) {}

    @BeforeEach
    void copiesTheTools() throws IOException {
        Files.createDirectories(programs);
        Files.createDirectories(directory.resolve("tools"));
        Files.createDirectories(overlay.getParent());
        for (String tool : List.of("tools/image", "tools/pin-image", "k8s/overlays/dev/kustomization.yaml")) {
            Files.copy(Project.ROOT.resolve(tool), directory.resolve(tool));
        }
        // all that the tools use beside an engine, so that no engine of this machine is found
        for (String used : List.of(
                "date", "dirname", "basename", "cat", "tail", "head", "sed", "awk", "grep", "mktemp", "rm", "printf")) {
            for (String bin : List.of("/usr/bin", "/bin")) {
                if (Files.exists(Path.of(bin, used))) {
                    program(used, "#!/bin/sh\nexec " + Path.of(bin, used) + " \"$@\"\n");
                }
            }
        }
    }

    @Test
    void buildsTheThreeImagesWithTheFirstEngineThatWorks() throws Exception {
        program("docker", BROKEN);
        program("podman", ENGINE);
        program("buildah", ENGINE);

        Outcome outcome = image(Map.of("TAG", "", "PLATFORM", "linux/arm64", "RUNTIME_IMAGE", "jre@sha256:1"));

        assertEquals(0, outcome.code, outcome.output);
        assertEquals(
                List.of(
                        "podman info",
                        build("podman", "gateway"),
                        build("podman", "processor"),
                        build("podman", "local")),
                told());
    }

    private static String build(String engine, String target) {
        return engine + " build --target " + target + " -t millrace-" + target
                + ":0.1.0 --platform linux/arm64 --build-arg RUNTIME_IMAGE=jre@sha256:1 --layers .";
    }

    @Test
    void saysWhatIsMissingWhereAClientHasNoEngine() throws Exception {
        program("docker", BROKEN);

        Outcome outcome = image(Map.of());

        assertEquals(69, outcome.code);
        assertTrue(outcome.output.contains("docker is there and does not work: Cannot connect to the daemon"));
        assertTrue(outcome.output.contains("apt-get install buildah"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker", "podman", "buildah"})
    void pushesBothProgramsAndPinsTheDigestsThatTheRegistryKeepsThemUnder(String engine) throws Exception {
        program(engine, ENGINE);

        Outcome outcome = image(Map.of("PUSH", "registry.example:5000/plant", "ENV", "dev", "TAG", "7"));

        assertEquals(0, outcome.code, outcome.output);
        assertTrue(
                told().contains(engine + " tag millrace-gateway:7 registry.example:5000/plant/millrace-gateway-dev:7"));
        assertFalse(String.join("\n", told()).contains("local-dev"));
        List<Yaml> images = Yaml.file(overlay).at("images").items().toList();
        assertEquals(2, images.size());
        for (Yaml image : images) {
            assertEquals(
                    "registry.example:5000/plant/" + image.at("name").text() + "-dev",
                    image.at("newName").text());
            assertEquals(DIGEST, image.at("digest").text());
            assertTrue(image.find("newTag").isEmpty());
        }
    }

    @Test
    void aTagIsNeverPushedTwiceUnlessAskedFor() throws Exception {
        program("podman", ENGINE);

        assertEquals(0, image(Map.of("PUSH", "registry.example", "ENV", "dev")).code);

        String pushed = "podman tag \\S+:(\\S+) registry\\.example/millrace-gateway-dev:\\1";
        String tag = told().stream()
                .filter(line -> line.matches(pushed))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".*:", "");
        assertTrue(tag.matches("[0-9]{8}T[0-9]{6}Z"), tag);
    }

    @Test
    void leavesTheOverlayAsItIsWhereAPushFails() throws Exception {
        program("buildah", ENGINE);
        Files.createFile(directory.resolve("refuse"));
        String before = Files.readString(overlay);

        Outcome outcome = image(Map.of("PUSH", "registry.example", "ENV", "dev"));

        assertEquals(125, outcome.code);
        assertTrue(outcome.output.contains("registry.example/millrace-gateway-dev: the push failed"));
        assertEquals(before, Files.readString(overlay));
    }

    @ParameterizedTest
    @CsvSource({"registry.example, ''", "registry.example, nowhere", "https://registry.example, dev"})
    void wrongSettingsAreToldBeforeAnythingIsBuilt(String push, String environment) throws Exception {
        program("docker", ENGINE);

        assertEquals(64, image(Map.of("PUSH", push, "ENV", environment)).code);

        assertFalse(Files.exists(directory.resolve("told")));
    }

    @Test
    void pinningChangesTheLinesOfThatImageAndNoOthers() throws Exception {
        List<String> before = Files.readAllLines(overlay);

        assertEquals(0, pin("millrace-processor", "registry.example/p", DIGEST).code);
        // and again, over a digest
        assertEquals(0, pin("millrace-processor", "registry.example/q", DIGEST).code);

        int entry = before.indexOf("  - name: millrace-processor");
        List<String> expected = new ArrayList<>(before);
        expected.set(entry + 1, "    newName: registry.example/q");
        expected.add(entry + 2, "    digest: " + DIGEST);
        assertEquals(expected, Files.readAllLines(overlay));
    }

    @ParameterizedTest
    @CsvSource({
        "millrace-local, registry.example/l, true",
        "millrace-gateway, two words, true",
        "millrace-gateway, registry.example/g, false"
    })
    void whatCannotBePinnedLeavesTheFileAsItIs(String name, String repository, boolean digest) throws Exception {
        String before = Files.readString(overlay);

        assertEquals(65, pin(name, repository, digest ? DIGEST : "latest").code);

        assertEquals(before, Files.readString(overlay));
        try (var left = Files.list(overlay.getParent())) {
            assertEquals(List.of(overlay), left.toList());
        }
    }

    private Outcome pin(String name, String repository, String digest) throws Exception {
        return run(Map.of(), "tools/pin-image", overlay.toString(), name, repository, digest);
    }

    private Outcome image(Map<String, String> settings) throws Exception {
        return run(settings, "tools/image");
    }

    private Outcome run(Map<String, String> settings, String... command) throws Exception {
        var builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.command().set(0, directory.resolve(command[0]).toString());
        builder.environment().clear();
        builder.environment().putAll(settings);
        builder.environment().put("PATH", programs.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Outcome(process.waitFor(), output);
    }

    private void program(String name, String script) throws IOException {
        Path file = Files.writeString(programs.resolve(name), script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> told() throws IOException {
        return Files.readAllLines(directory.resolve("told"));
    }
}
