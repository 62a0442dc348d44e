package dev.millrace.deploy.kubernetes;

import java.util.Arrays;
import java.util.Optional;

/** What runs in a pod, as its image tells, and the memory that was measured for it (docs/decisions/0102-images.md). */
enum Program {
    GATEWAY("millrace-gateway", "512Mi"),
    PROCESSOR("millrace-processor", "1Gi"),
    /** PostgreSQL, Redis and the emulator of Kinesis, which nobody measured. */
    LOCAL("millrace-local", "");

    private final String image;
    private final String memory;

    Program(String image, String memory) {
        this.image = image;
        this.memory = memory;
    }

    /** What its containers must have; none where any will do. */
    Optional<String> memory() {
        return Optional.of(memory).filter(quantity -> !quantity.isEmpty());
    }

    /** The program of an image whose repository may have a registry before and an environment behind its name. */
    static Optional<Program> ofImage(String image) {
        String path = image.replaceFirst("@.*", "");
        String repository = path.substring(path.lastIndexOf('/') + 1).replaceFirst(":.*", "");
        return Arrays.stream(values())
                .filter(program -> repository.equals(program.image) || repository.startsWith(program.image + "-"))
                .findFirst();
    }
}
