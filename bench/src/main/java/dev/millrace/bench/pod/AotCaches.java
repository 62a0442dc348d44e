package dev.millrace.bench.pod;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The AOT caches of the jars that this build has made, trained when the first benchmark asks for one. */
public final class AotCaches {

    private Optional<Map<PodProgram, Path>> caches = Optional.empty();

    /** The program's cache, in a directory that goes with this process. */
    public Path of(PodProgram program) throws IOException, InterruptedException {
        if (caches.isEmpty()) {
            Path directory = Files.createTempDirectory("millrace-aot");
            directory.toFile().deleteOnExit();
            caches = Optional.of(Training.train(
                    Map.of(
                            PodProgram.GATEWAY, PodProgram.GATEWAY.jar(),
                            PodProgram.PROCESSOR, PodProgram.PROCESSOR.jar()),
                    directory));
            caches.get().values().forEach(cache -> cache.toFile().deleteOnExit());
        }
        return Objects.requireNonNull(caches.get().get(program));
    }

    /** What a JVM of the program has in its pod, and on a machine has to be told: the pod's memory, and where its cache is. */
    public List<String> podOptions(PodProgram program) throws IOException, InterruptedException {
        return List.of("-XX:MaxRAM=" + program.mebibytes() + "m", "-XX:AOTCache=" + of(program));
    }
}
