package dev.millrace.deploy.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All templates of a tree.
 *
 * @param tree the tree's root
 * @param all what stands in {@code aws/}, by name
 */
record Templates(Path tree, List<Template> all) {

    static Templates of(Path tree) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(tree.resolve("aws"))) {
            files = found.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
        List<Template> templates = new ArrayList<>();
        for (Path file : files) {
            templates.add(Template.of("aws/" + file.getFileName(), Files.readString(file)));
        }
        return new Templates(tree, List.copyOf(templates));
    }

    Stream<Resource> resources() {
        return all.stream().flatMap(template -> template.resources().stream());
    }

    Stream<Resource> resources(String type) {
        return resources().filter(resource -> resource.is(type));
    }

    Optional<Template> named(String file) {
        return all.stream().filter(template -> template.file().equals(file)).findFirst();
    }
}
