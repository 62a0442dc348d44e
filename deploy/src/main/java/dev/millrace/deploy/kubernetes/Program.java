package dev.millrace.deploy.kubernetes;

import java.util.Arrays;
import java.util.Optional;

/** What runs in a pod, as its image tells. */
enum Program {
    GATEWAY("millrace-gateway"),
    PROCESSOR("millrace-processor"),
    /** PostgreSQL, Redis and the emulator of Kinesis. */
    LOCAL("millrace-local");

    private final String image;

    Program(String image) {
        this.image = image;
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
