package dev.millrace.deploy.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** How many shards an environment's stream has, by the mapping of {@code aws/stack.yaml}. */
public final class StreamShards {

    private static final String FILE = "aws/stack.yaml";

    private StreamShards() {}

    /** None where the template does not know the environment. */
    public static Optional<Integer> of(Path tree, String environment) throws IOException {
        return Template.of(FILE, Files.readString(tree.resolve(FILE)))
                .seek("Mappings", "Environments", environment, "Shards")
                .map(shards -> Integer.valueOf(shards.text()));
    }
}
