package dev.millrace.bench.pod;

import dev.millrace.bench.load.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the AOT caches (JEP 483, 514, 515) of both programs: each starts as in its pod, works for a moment, and writes what it has loaded,
 * linked and seen to be hot when SIGTERM stops it. A cache is for this build of the JVM, these jars with these times, and the
 * collector of these options; a JVM that finds it made for another goes without.
 */
final class Training {

    /** To end, and to write the cache in a process of its own. */
    private static final Duration END_TIME = Duration.ofMinutes(3);

    /** Errors go where ours go; the classes that cannot be in a cache, which are warnings, to nobody. */
    private static final List<String> LOG = List.of("-Xlog:disable", "-Xlog:all=error:stderr");

    private static final int LOOK_MILLIS = 50;

    private Training() {}

    /**
     * Trains both.
     *
     * @param jars of the programs, as they are to run
     * @param into where {@code PROGRAM.aot} goes
     * @return the caches
     */
    static Map<PodProgram, Path> train(Map<PodProgram, Path> jars, Path into) throws IOException, InterruptedException {
        Map<PodProgram, Path> caches = new EnumMap<>(PodProgram.class);
        try (var surroundings = PodSurroundings.start()) {
            // in this order: what the gateway has published, the processor reads
            for (PodProgram program : PodProgram.values()) {
                Path jar = jars.get(program);
                if (jar == null) {
                    throw new IllegalArgumentException("no jar of the " + program.word());
                }
                caches.put(program, train(surroundings, program, jar, into));
            }
        }
        return caches;
    }

    private static Path train(PodSurroundings surroundings, PodProgram program, Path jar, Path into)
            throws IOException, InterruptedException {
        Path cache = into.resolve(program.word() + ".aot");
        Files.deleteIfExists(cache);
        List<String> options = new ArrayList<>(program.options());
        options.add("-XX:AOTCacheOutput=" + cache);
        options.addAll(LOG);
        try (var pod = surroundings.run(program, jar, options)) {
            switch (program) {
                case GATEWAY -> surroundings.readings(pod).send();
                case PROCESSOR -> awaitCommits(pod);
            }
            pod.process().terminate();
            if (!pod.process().waitFor(END_TIME.toMillis())) {
                throw new IOException("the " + program.word() + " has not ended in " + END_TIME);
            }
        }
        if (!Files.isRegularFile(cache)) {
            throw new IOException("the " + program.word() + " has written no AOT cache");
        }
        check(program, jar, cache);
        return cache;
    }

    private static void awaitCommits(PodSurroundings.Pod processor) throws IOException, InterruptedException {
        long end = System.nanoTime() + END_TIME.toNanos();
        while (processor.operations().metric("millrace_processor_user_records_total") < Readings.count()) {
            if (System.nanoTime() - end > 0 || processor.process().waitFor(LOOK_MILLIS)) {
                throw new IOException("the processor has not committed what the gateway published");
            }
        }
    }

    /** A JVM that must have the cache ({@code AOTMode=on}) has to start with it. */
    private static void check(PodProgram program, Path jar, Path cache) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Child.java()));
        command.addAll(Child.imageOptions(program.word()));
        command.addAll(List.of("-XX:AOTMode=on", "-XX:AOTCache=" + cache, "-cp", jar.toString(), "--version"));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("the AOT cache of the " + program.word() + " cannot be used");
        }
    }
}
