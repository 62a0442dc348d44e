package dev.millrace.local.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program says that it is made of (CycloneDX) against the libraries that its jar starts with. */
class BillOfMaterialsIT {

    private static final String ENTRY = "META-INF/sbom/application.cdx.json";

    private static Path target(String program) {
        return Path.of("..", program, "target");
    }

    private static JsonObject materials(String program) throws Exception {
        try (JarFile jar = new JarFile(target(program).resolve(program + ".jar").toFile());
                InputStream in = jar.getInputStream(jar.getEntry(ENTRY))) {
            return new JsonObject(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** The libraries that the jar's manifest names, by what their bytes are. */
    private static Map<String, String> libraries(String program) throws Exception {
        Map<String, String> libraries = new TreeMap<>();
        try (JarFile jar = new JarFile(target(program).resolve(program + ".jar").toFile())) {
            String path = jar.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            for (String library : path.split(" ", -1)) {
                byte[] bytes = Files.readAllBytes(target(program).resolve(library));
                libraries.put(
                        HexFormat.of()
                                .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)),
                        library);
            }
        }
        return libraries;
    }

    private static List<JsonObject> components(JsonObject materials) {
        return materials.getJsonArray("components").stream()
                .map(JsonObject.class::cast)
                .toList();
    }

    private static String sha256(JsonObject component) {
        return component.getJsonArray("hashes").stream()
                .map(JsonObject.class::cast)
                .filter(hash -> hash.getString("alg").equals("SHA-256"))
                .map(hash -> hash.getString("content"))
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> packages(JsonObject materials) {
        Set<String> packages = new TreeSet<>();
        components(materials).forEach(component -> packages.add(component.getString("purl")));
        return packages;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "processor"})
    void aProgramNamesEveryLibraryThatItStartsWithAndNoOther(String program) throws Exception {
        Map<String, String> named = new TreeMap<>();
        for (JsonObject component : components(materials(program))) {
            String version = component.getString("version");
            JsonArray licenses = component.getJsonArray("licenses");
            assertTrue(version != null && !version.isEmpty(), () -> component.encode() + " has a version");
            assertTrue(licenses != null && !licenses.isEmpty(), () -> component.encode() + " has a license");
            named.put(sha256(component), component.getString("name") + "-" + version);
        }
        Map<String, String> libraries = libraries(program);

        assertFalse(libraries.isEmpty());
        assertEquals(libraries.keySet(), named.keySet(), () -> libraries.values() + " against " + named.values());
        libraries.forEach((hash, file) ->
                assertTrue(file.startsWith("lib/" + named.get(hash)), () -> file + " is called " + named.get(hash)));
    }

    /** No time and no chance in it: built again from the same sources it is the same. */
    @ParameterizedTest
    @ValueSource(strings = {"gateway", "processor"})
    void whatAProgramIsMadeOfHasNoTimeInIt(String program) throws Exception {
        assertFalse(materials(program).getJsonObject("metadata").containsKey("timestamp"));
    }

    @Test
    void allProgramsTogetherAreMadeOfWhatEachIs() throws Exception {
        Path file = Path.of("..", "target", "bom.json");
        assumeTrue(Files.exists(file), "target/bom.json comes with a build of all modules");
        Set<String> all = packages(new JsonObject(Files.readString(file)));
        for (String program : List.of("gateway", "processor")) {
            Set<String> missing = packages(materials(program));
            missing.removeAll(all);
            assertEquals(Set.of(), missing, program);
        }
    }
}
