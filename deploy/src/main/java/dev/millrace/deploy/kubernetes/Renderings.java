package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that {@code k8s/} can be made into: each overlay, alone and with each set of components. They are rendered in a copy, with
 * Kustomize's notes of where each object comes from; overlays alone also as they are, twice, into {@code target/manifests/}.
 *
 * @param all those that render
 * @param cluster the objects of {@code k8s/cluster}
 * @param findings what is wrong with those that do not
 */
record Renderings(List<Rendering> all, List<Manifest> cluster, List<Finding> findings) {

    private static final String OVERLAYS = "k8s/overlays";
    private static final String KUSTOMIZATION = "kustomization.yaml";

    /** What says in the notes that a file changed an object. */
    private static final Set<String> CHANGES = Set.of("PatchTransformer", "ReplacementTransformer");

    /** What of a Kustomization stands for fields of objects. */
    private static final Set<String> CONTENT =
            Set.of("configMapGenerator", "secretGenerator", "images", "namespace", "patches", "replacements");

    /** Renders a tree. */
    static Renderings of(Path tree) throws IOException {
        Kustomize kustomize = Kustomize.ofThisMachine();
        Path copy = Files.createTempDirectory("millrace-manifests");
        try {
            copyFolder(tree.resolve("k8s"), copy.resolve("k8s"));
            var run = new Run(tree, copy, kustomize, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            run.renderAll();
            return new Renderings(List.copyOf(run.all), List.copyOf(run.cluster), List.copyOf(run.findings));
        } finally {
            delete(copy);
        }
    }

    /** One rendering of everything. */
    private record Run(
            Path tree,
            Path copy,
            Kustomize kustomize,
            List<Rendering> all,
            List<Manifest> cluster,
            List<Finding> findings) {

        void renderAll() throws IOException {
            Path out = Files.createDirectories(tree.resolve("target/manifests"));
            for (String environment : foldersIn(OVERLAYS)) {
                String folder = OVERLAYS + "/" + environment;
                if (renderTwice(folder, out.resolve(environment + ".yaml"))) {
                    for (List<String> components : combinations(environment)) {
                        renderWithNotes(environment, components);
                    }
                }
            }
            renderCluster(out.resolve("cluster.yaml"));
        }

        private List<String> foldersIn(String folder) throws IOException {
            try (Stream<Path> folders = Files.list(tree.resolve(folder))) {
                return folders.map(found -> found.getFileName().toString())
                        .sorted()
                        .toList();
            }
        }

        /** Each set of components; KEDA reads CloudWatch, which the overlay for one machine does not have. */
        private List<List<String>> combinations(String environment) throws IOException {
            List<List<String>> combinations = new ArrayList<>(List.of(List.of()));
            for (String component : foldersIn("k8s/components")) {
                if (!environment.equals(Rendering.LOCAL) || !component.equals("keda")) {
                    List.copyOf(combinations)
                            .forEach(without -> combinations.add(Stream.concat(without.stream(), Stream.of(component))
                                    .toList()));
                }
            }
            return combinations;
        }

        /** Few objects, of which a look tells the file. */
        private void renderCluster(Path file) throws IOException {
            String folder = "k8s/cluster";
            if (renderTwice(folder, file)) {
                List<Manifest.Source> sources = new ArrayList<>();
                for (Yaml resource : Yaml.file(tree.resolve(folder, KUSTOMIZATION))
                        .itemsAt("resources")
                        .toList()) {
                    sources.add(source(folder + "/" + resource.text()));
                }
                for (Yaml object : Yaml.documents(folder, Files.readString(file))) {
                    List<Manifest.Source> own = sources.stream()
                            .filter(source -> source.mentions(object.name()))
                            .toList();
                    cluster.add(new Manifest(object, own.isEmpty() ? sources : own));
                }
            }
        }

        private boolean renderTwice(String folder, Path file) throws IOException {
            String source = folder + "/" + KUSTOMIZATION;
            return switch (kustomize.render(tree.resolve(folder))) {
                case Kustomize.Refused(String why) -> {
                    findings.add(new Finding(source, folder, "does not render: " + why));
                    yield false;
                }
                case Kustomize.Rendered(String yaml) -> {
                    Files.writeString(file, yaml);
                    if (!(kustomize.render(tree.resolve(folder)) instanceof Kustomize.Rendered(String again)
                            && again.equals(yaml))) {
                        findings.add(new Finding(source, folder, "renders differently the second time"));
                    }
                    yield true;
                }
            };
        }

        private void renderWithNotes(String environment, List<String> components) throws IOException {
            Path original = copy.resolve(OVERLAYS).resolve(environment);
            // beside the overlay, so that its paths lead to where they led
            Path folder = original.resolveSibling(environment + "." + String.join(".", components));
            copyFolder(original, folder);
            var kustomization =
                    new JsonObject(Yaml.file(original.resolve(KUSTOMIZATION)).map());
            Set<String> used = new LinkedHashSet<>();
            kustomization
                    .getJsonArray("components", new JsonArray())
                    .forEach(component -> used.add(component.toString()));
            components.forEach(component -> used.add("../../components/" + component));
            kustomization.put("components", new JsonArray(List.copyOf(used)));
            kustomization.put("buildMetadata", JsonArray.of("originAnnotations", "transformerAnnotations"));
            Files.writeString(folder.resolve(KUSTOMIZATION), kustomization.encode());

            String source = OVERLAYS + "/" + environment + "/" + KUSTOMIZATION;
            switch (kustomize.render(folder)) {
                case Kustomize.Refused(String why) ->
                    findings.add(new Finding(
                            source, "components", String.join(", ", components) + " does not render: " + why));
                case Kustomize.Rendered(String yaml) -> {
                    Manifest.Source overlay = source(source);
                    List<Manifest> objects = new ArrayList<>();
                    for (Yaml object : Yaml.documents(source, yaml)) {
                        objects.add(new Manifest(object, sources(object, folder, environment, overlay)));
                    }
                    if (components.equals(combinations(environment).getLast())) {
                        Files.writeString(tree.resolve("target/manifests/" + folder.getFileName() + ".yaml"), yaml);
                    }
                    all.add(new Rendering(tree, environment, components, overlay, objects));
                }
            }
        }

        /** The files that had a part in an object. */
        private List<Manifest.Source> sources(Yaml object, Path folder, String environment, Manifest.Source overlay)
                throws IOException {
            Map<String, Object> annotations = object.find("metadata", "annotations")
                    .map(Yaml::map)
                    .orElseThrow(() -> new IOException("Kustomize does not say where " + object.text() + " is from"));
            Yaml origin = notes(annotations, "config.kubernetes.io/origin").orElse(new Yaml("origin", Map.of()));
            Set<String> files = new LinkedHashSet<>();
            files.add(origin.find("path")
                    .or(() -> origin.find("configuredIn"))
                    .map(Yaml::text)
                    .orElse(KUSTOMIZATION));
            notes(annotations, "alpha.config.kubernetes.io/transformations").stream()
                    .flatMap(Yaml::items)
                    .filter(note ->
                            CHANGES.contains(note.at("configuredBy", "kind").text()))
                    .forEach(note -> files.add(note.at("configuredIn").text()));

            List<Manifest.Source> sources = new ArrayList<>();
            for (String file : files) {
                String name = copy.relativize(folder.resolve(file).normalize()).toString();
                // a file of the overlay is in the folder beside it, too
                addWithPatches(sources, source(name.replace(folder.getFileName() + "/", environment + "/")));
            }
            addWithPatches(sources, overlay);
            return List.copyOf(sources);
        }

        private void addWithPatches(List<Manifest.Source> sources, Manifest.Source source) throws IOException {
            sources.add(source);
            if (source.name().endsWith(KUSTOMIZATION)) {
                Path file = tree.resolve(source.name());
                for (Yaml patch : Yaml.file(file).itemsAt("patches").toList()) {
                    if (patch.find("path").isPresent()) {
                        Path path = file.resolveSibling(patch.at("path").text());
                        sources.add(source(tree.relativize(path.normalize()).toString()));
                    }
                }
            }
        }

        private static Optional<Yaml> notes(Map<String, Object> annotations, String name) {
            return Optional.ofNullable(annotations.get(name))
                    .map(text -> Yaml.documents(name, text.toString()).getFirst());
        }

        private Manifest.Source source(String name) throws IOException {
            Path file = tree.resolve(name);
            if (!name.endsWith(KUSTOMIZATION)) {
                return new Manifest.Source(name, Files.readString(file));
            }
            Map<String, Object> content = new LinkedHashMap<>(Yaml.file(file).map());
            content.keySet().retainAll(CONTENT);
            return new Manifest.Source(name, content.toString());
        }
    }

    private static void copyFolder(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
