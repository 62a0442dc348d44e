package dev.millrace.bench.pod;

import dev.millrace.bench.Line;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How long a program takes from the start of its process until it says that it is ready, where its services are there: with the AOT
 * cache of its image and, in turns, without. The median counts.
 */
public final class StartBenchmark {

    /** Odd: the median is one of them. */
    private static final int ROUNDS = 7;

    private static final int ROUNDS_WITHOUT = 3;
    private static final double GOAL = 1;

    private final PrintStream out;
    private final String name;
    private final PodProgram program;
    private final AotCaches caches;

    public StartBenchmark(PrintStream out, String name, PodProgram program, AotCaches caches) {
        this.out = out;
        this.name = name;
        this.program = program;
        this.caches = caches;
    }

    /** Prints its lines, and answers whether its figures show something. */
    public boolean run() throws IOException, InterruptedException {
        Path cache = caches.of(program);
        List<Long> with = new ArrayList<>();
        List<Long> without = new ArrayList<>();
        try (var surroundings = PodSurroundings.start()) {
            List<String> cached = new ArrayList<>(program.options());
            cached.addAll(List.of("-XX:AOTMode=on", "-XX:AOTCache=" + cache));
            // the first finds files that no memory holds yet, and a probe that is not compiled
            millis(surroundings, cached);
            for (int round = 0; round < ROUNDS; round++) {
                with.add(millis(surroundings, cached));
                if (without.size() < ROUNDS_WITHOUT) {
                    without.add(millis(surroundings, program.options()));
                }
            }
        }
        Line.ceiling(name, median(with), program.startMillis(), "ms", GOAL, List.of())
                .print(out);
        out.printf(
                Locale.ROOT,
                "  process to ready (median of %s ms), with an AOT cache of %.0f MB; without it %.0f ms (median of %s)%n",
                text(with),
                Files.size(cache) / 1e6,
                median(without),
                text(without));
        return true;
    }

    private long millis(PodSurroundings surroundings, List<String> options) throws IOException, InterruptedException {
        try (var pod = surroundings.run(program, program.jar(), options)) {
            return pod.start().toMillis();
        }
    }

    private static double median(List<Long> millis) {
        return millis.stream().sorted().skip(millis.size() / 2).findFirst().orElseThrow();
    }

    private static String text(List<Long> millis) {
        return millis.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
