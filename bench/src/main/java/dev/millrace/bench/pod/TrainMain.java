package dev.millrace.bench.pod;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Makes the AOT caches: {@code DIRECTORY GATEWAY_JAR PROCESSOR_JAR}. The jars stay where they are, or the caches are of no use. */
public final class TrainMain {

    private TrainMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 3) {
            System.err.println("The arguments: where to, gateway.jar, processor.jar");
            System.exit(64);
        }
        Path into = Files.createDirectories(Path.of(args[0])).toAbsolutePath();
        Map<PodProgram, Path> jars = Map.of(
                PodProgram.GATEWAY, Path.of(args[1]).toAbsolutePath(),
                PodProgram.PROCESSOR, Path.of(args[2]).toAbsolutePath());
        for (Path cache : Training.train(jars, into).values()) {
            System.out.printf(Locale.ROOT, "%s: %.0f MB%n", cache, Files.size(cache) / 1e6);
        }
    }
}
