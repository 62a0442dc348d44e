package dev.millrace.local.platform;

import dev.millrace.local.port.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The classes that gateway and processor load, as their JVM keeps them: made once for the jars as they lie there, and mapped by all
 * that start after, which costs half the processor's time of a start. A JVM that finds an archive made for others goes without.
 */
final class ClassArchive {

    private static final Path FOLDER = Path.of("target", "class-archives").toAbsolutePath();
    private static final List<String> MODULES = List.of("processor", "gateway");

    /** What cannot be in an archive is none of a test's business. */
    private static final List<String> QUIET = List.of("-Xlog:disable", "-Xlog:all=error:stderr");

    private ClassArchive() {}

    /** The options with which a module's program finds its archive; none where there is none for it. */
    static synchronized List<String> options(String module) throws Exception {
        if (!MODULES.contains(module)) {
            return List.of();
        }
        Path archive = FOLDER.resolve(module + ".jsa");
        if (!Files.exists(archive) || isOlder(archive, JavaProcess.jar(module))) {
            make();
        }
        if (!Files.exists(archive)) {
            return List.of();
        }
        List<String> options = new ArrayList<>(QUIET);
        options.add("-XX:SharedArchiveFile=" + archive);
        return options;
    }

    private static boolean isOlder(Path archive, Path jar) throws IOException {
        return Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) < 0;
    }

    /** One reading goes the whole way, and back by a query; then both end, and write down what that took. */
    private static void make() throws Exception {
        Files.createDirectories(FOLDER);
        try (Services services = new Services(1)) {
            int httpPort = FreePort.choose();
            Map<String, String> environment = services.environment();
            environment.put("HTTP_PORT", Integer.toString(httpPort));
            try (JavaProcess processor = start(services, "processor", environment);
                    JavaProcess gateway = start(services, "gateway", environment);
                    Api api = new Api(httpPort)) {
                processor.awaitReady();
                gateway.awaitReady();
                api.post("{\"sensorId\":\"press-4\",\"timestamp\":\"2025-12-04T12:00:00Z\",\"temperature\":95}", 1);
                Await.until("it is stored", () -> Stored.caughtUp(services));
                api.get("/sensors/press-4");
                api.get("/sensors/press-4/readings");
                processor.terminate();
                gateway.terminate();
                processor.awaitExit();
                gateway.awaitExit();
            }
        }
        for (String module : MODULES) {
            if (Files.exists(beginning(module))) {
                // the whole of it at once, or nothing
                Files.move(beginning(module), FOLDER.resolve(module + ".jsa"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static JavaProcess start(Services services, String module, Map<String, String> environment)
            throws IOException {
        Files.deleteIfExists(beginning(module));
        List<String> options = new ArrayList<>(JavaProcess.OPTIONS);
        options.addAll(QUIET);
        options.add("-XX:ArchiveClassesAtExit=" + beginning(module));
        return JavaProcess.startWith(services.directory(), options, module, environment);
    }

    private static Path beginning(String module) {
        return FOLDER.resolve(module + ".new");
    }
}
