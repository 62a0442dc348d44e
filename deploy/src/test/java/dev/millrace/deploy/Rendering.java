package dev.millrace.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The objects that one environment's overlay asks Kubernetes for, as Kustomize renders them. */
record Rendering(String environment, List<Yaml> objects) {

    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** The condition of tests that need a rendering, and why they are skipped. */
    static final String POSSIBLE = "dev.millrace.deploy.Rendering#isPossible";

    static final String WITHOUT = "there is neither kubectl 1.27 nor kustomize 5 on the PATH";

    /** {@code tools/render-manifests} says by this code that the machine has no Kustomize. */
    private static final int NO_KUSTOMIZE = 69;

    private static final Map<String, Optional<Rendering>> MADE = new HashMap<>();

    private static final Pattern HASH = Pattern.compile("-[a-z0-9]{10}");

    static List<String> environments() throws IOException {
        try (Stream<Path> overlays = Files.list(ROOT.resolve("k8s/overlays"))) {
            return overlays.map(overlay -> overlay.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    /** Whether the machine has a Kustomize. */
    static boolean isPossible() throws IOException, InterruptedException {
        return made("dev").isPresent();
    }

    /** The environment's rendering, made once. */
    static Rendering of(String environment) throws IOException, InterruptedException {
        return made(environment).orElseThrow(() -> new AssertionError(WITHOUT));
    }

    private static synchronized Optional<Rendering> made(String environment) throws IOException, InterruptedException {
        Optional<Rendering> known = MADE.get(environment);
        if (known == null) {
            known = render(environment);
            MADE.put(environment, known);
        }
        return known;
    }

    private static Optional<Rendering> render(String environment) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("render-manifests", ".txt");
        try {
            var process = new ProcessBuilder(
                            ROOT.resolve("tools/render-manifests").toString(), environment)
                    .redirectError(errors.toFile())
                    .start();
            process.getOutputStream().close();
            String yaml = new String(process.getInputStream().readAllBytes(), UTF_8);
            int code = process.waitFor();
            if (code == NO_KUSTOMIZE) {
                return Optional.empty();
            }
            if (code != 0) {
                throw new AssertionError("k8s/overlays/" + environment + ": " + Files.readString(errors));
            }
            return Optional.of(new Rendering(environment, Yaml.documents(environment, yaml)));
        } finally {
            Files.delete(errors);
        }
    }

    Stream<Yaml> all(String kind) {
        return objects.stream().filter(object -> object.kind().equals(kind));
    }

    /** The object, its name's generated hash aside. */
    Yaml the(String kind, String name) {
        return all(kind)
                .filter(object -> plain(object.name(), name).equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(this + " has no " + kind + " " + name));
    }

    Yaml container(String deployment) {
        return the("Deployment", deployment)
                .at("spec", "template", "spec", "containers")
                .items()
                .findFirst()
                .orElseThrow();
    }

    /** The variables of a deployment's container whose values stand in ConfigMaps. */
    Map<String, String> settings(String deployment) {
        return container(deployment)
                .itemsAt("envFrom")
                .map(source -> source.at("configMapRef", "name").text())
                .flatMap(name -> all("ConfigMap").filter(map -> map.name().equals(name)))
                .flatMap(map -> map.at("data").map().entrySet().stream())
                .collect(toMap(Map.Entry::getKey, entry -> String.valueOf(entry.getValue())));
    }

    /** {@code name} when {@code generated} is it with a hash, else {@code generated}. */
    static String plain(String generated, String name) {
        return generated.startsWith(name)
                        && HASH.matcher(generated.substring(name.length())).matches()
                ? name
                : generated;
    }
}
