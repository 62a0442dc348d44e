package dev.millrace.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the Dockerfile promises to those who run its images, without an engine that could build them. */
class ImagesTest {

    private static final Pattern STAGE = Pattern.compile("(?m)^FROM (\\S+) AS (\\S+)\n");

    /** Each stage's lines, its {@code FROM} first, by its name. */
    private final Map<String, List<String>> stages = new LinkedHashMap<>();

    private String dockerfile = "";

    @BeforeEach
    void readsTheDockerfile() throws IOException {
        dockerfile = Files.readString(Project.ROOT.resolve("Dockerfile"));
        List<MatchResult> found = STAGE.matcher(dockerfile).results().toList();
        for (int i = 0; i < found.size(); i++) {
            int end = i + 1 < found.size() ? found.get(i + 1).start() : dockerfile.length();
            stages.put(
                    found.get(i).group(2),
                    dockerfile.substring(found.get(i).start(), end).lines().toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "processor", "local"})
    void eachImageRunsItsProgramAsTheUserThatThePodsNameWithTheOptionsOfItsFile(String program) throws IOException {
        List<String> stage = stages.getOrDefault(program, List.of());
        assertEquals(List.of("USER 10001:10001"), startingWith(stage, "USER"));
        String entryPoint = startingWith(stage, "ENTRYPOINT").getFirst();
        assertTrue(
                entryPoint.startsWith("ENTRYPOINT [\"java\", \"@/app/" + program + "/" + program + ".jvm\", "),
                entryPoint);
        assertTrue(entryPoint.endsWith("\"-jar\", \"/app/" + program + "/" + program + ".jar\"]"), entryPoint);
        assertTrue(options(program).contains("-XX:+ExitOnOutOfMemoryError"));
        // nobody becomes root again behind it, and nothing is copied to a place that the user could write to
        assertFalse(dockerfile.contains("--chown"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "processor"})
    void theBuildFailsWhereTheAotCacheDoesNotFitWhatTheImageRuns(String program) {
        List<String> stage = stages.getOrDefault(program, List.of());
        String cache = "\"-XX:AOTCache=/app/" + program + "/" + program + ".aot\"";
        assertTrue(startingWith(stage, "ENTRYPOINT").getFirst().contains(cache));
        String check = startingWith(stage, "RUN").getFirst();
        assertTrue(check.contains(cache) && check.contains("\"-XX:AOTMode=on\""), check);
        assertTrue(check.contains("\"@/app/" + program + "/" + program + ".jvm\""), check);
        // whereas a pod goes on without a cache that does not fit it
        assertFalse(startingWith(stage, "ENTRYPOINT").getFirst().contains("AOTMode"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "processor"})
    void heapAndDirectMemoryAreBounded(String program) throws IOException {
        List<String> options = options(program);
        assertTrue(options.contains("-XX:MaxRAMPercentage=55"));
        assertEquals(1, startingWith(options, "-XX:MaxDirectMemorySize=").size());
        assertEquals(
                1,
                options.stream()
                        .filter(option -> option.matches("-XX:\\+Use.*GC"))
                        .count(),
                "the cache is trained with the collector that runs");
    }

    @Test
    void theBaseImagesAreArgumentsAndEveryStageComesFromOneOfThem() {
        List<String> arguments = startingWith(dockerfile.lines().toList(), "ARG ");
        assertEquals(2, arguments.size());
        // podman and buildah look in no registry that is not named
        arguments.forEach(argument -> assertTrue(argument.contains("=docker.io/library/"), argument));
        List<String> bases = new ArrayList<>(stages.values().stream()
                .map(stage -> stage.getFirst().split(" ", -1)[1])
                .distinct()
                .toList());
        bases.removeAll(stages.keySet());
        assertEquals(List.of("${BUILD_IMAGE}", "${RUNTIME_IMAGE}"), bases);
    }

    @Test
    void whatTheBuildNeedsIsInItsContext() throws IOException {
        List<String> context = Files.readAllLines(Project.ROOT.resolve(".dockerignore"));
        try (Stream<Path> files = Files.list(Project.ROOT)) {
            List<String> modules = files.filter(file -> Files.exists(file.resolve("pom.xml")))
                    .map(file -> file.getFileName().toString())
                    .toList();
            modules.forEach(module -> assertTrue(context.contains("!" + module + "/pom.xml"), module));
        }
        for (String built : List.of("core", "gateway", "processor", "local", "bench")) {
            assertTrue(context.contains("!" + built + "/src/main"), built);
        }
        assertTrue(context.contains("!docker"));
    }

    private static List<String> options(String program) throws IOException {
        return Files.readAllLines(Project.ROOT.resolve("docker/" + program + ".jvm"));
    }

    private static List<String> startingWith(List<String> lines, String beginning) {
        return lines.stream().filter(line -> line.startsWith(beginning)).toList();
    }
}
