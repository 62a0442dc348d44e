package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Check;
import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The gate before a deployment: the overlay names its images by registry and digest. In Git none can, since they are in the registry of whoever
 * deploys.
 */
public record ImagesForDeployment(String environment) implements Check {

    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

    /** What stands before the first slash has a dot or a port where it is a host, and is somebody on Docker Hub where not. */
    private static final Pattern WITH_REGISTRY = Pattern.compile("[^/]*[.:][^/]*/.+");

    @Override
    public List<Finding> findings(Path tree) throws IOException {
        String name = "k8s/overlays/" + environment + "/kustomization.yaml";
        Path file = tree.resolve(name);
        if (!Files.isRegularFile(file)) {
            return List.of(new Finding(name, "ENV", "there is no overlay of this name"));
        }
        return Yaml.file(file)
                .itemsAt("images")
                .filter(image -> !has(image, "digest", DIGEST) || !has(image, "newName", WITH_REGISTRY))
                .map(image -> new Finding(
                        name,
                        "images[" + image.at("name").text() + "]",
                        "must have a registry and a digest before it is deployed: make image PUSH=… writes it"))
                .toList();
    }

    private static boolean has(Yaml image, String field, Pattern form) {
        return image.find(field)
                .filter(value -> form.matcher(value.text()).matches())
                .isPresent();
    }

    /** A line for each overlay for which nobody has chosen images yet: that is no mistake until it is deployed. */
    public static List<String> without(Path tree) throws IOException {
        try (Stream<Path> overlays = Files.list(tree.resolve("k8s/overlays"))) {
            List<String> lines = new ArrayList<>();
            for (Path overlay : overlays.sorted().toList()) {
                boolean unset = Yaml.file(overlay.resolve("kustomization.yaml"))
                        .itemsAt("images")
                        .flatMap(image -> image.find("newTag").stream())
                        .anyMatch(tag -> tag.text().equals(EnvironmentPolicy.UNSET));
                if (unset) {
                    lines.add(tree.relativize(overlay)
                            + ": no images chosen yet; \"make image PUSH=…\" writes them here");
                }
            }
            return lines;
        }
    }
}
