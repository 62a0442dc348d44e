package dev.millrace.bench.pod;

import dev.millrace.bench.load.Child;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A program that runs in pods, and what it has there. */
public enum PodProgram {
    GATEWAY(512, 1_000),
    PROCESSOR(1_024, 2_000);

    private final int mebibytes;
    private final int startMillis;

    PodProgram(int mebibytes, int startMillis) {
        this.mebibytes = mebibytes;
        this.startMillis = startMillis;
    }

    /** What people call it, and its image, its jar and the file of its options. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The memory of its pod. */
    public int mebibytes() {
        return mebibytes;
    }

    /** Within this it has to be ready, with its AOT cache and where its services are there. */
    int startMillis() {
        return startMillis;
    }

    /** The jar that the project's build makes. */
    public Path jar() {
        return Child.jar(word());
    }

    /** The options of its JVM in a pod, of which it takes the memory to be its own. */
    List<String> options() {
        List<String> options = new ArrayList<>(Child.imageOptions(word()));
        options.add("-XX:MaxRAM=" + mebibytes + "m");
        options.addAll(Child.optionsFrom("BENCH_" + name() + "_OPTIONS"));
        return options;
    }
}
