package dev.millrace.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The images are the ones that the manifests mean. */
class ClusterTest {

    private static final Set<String> SERVICES = Set.of("gateway", "processor");

    @Test
    void theImagesRunAsTheUserThatThePodsName() throws IOException {
        String dockerfile = Files.readString(Path.of("..", "Dockerfile"));
        assertTrue(dockerfile.contains("\nUSER 10001:10001\n"));
        for (String service : SERVICES) {
            assertTrue(dockerfile.contains("\nFROM runtime AS " + service + "\n"), service);
            assertTrue(dockerfile.contains("\"-jar\", \"/app/" + service + ".jar\"]\n"), service);
        }
    }
}
