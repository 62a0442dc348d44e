package dev.millrace.deploy.stack;

import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A CloudFormation template.
 *
 * @param file where it stands, from the root of the tree
 * @param text as it is written
 * @param root its value, short tags in their long form
 */
record Template(String file, String text, Yaml root) {

    static Template of(String file, String text) {
        return new Template(file, text, new Yaml("", TemplateReader.read(text)));
    }

    List<Resource> resources() {
        return section("Resources")
                .map(entry -> new Resource(
                        file,
                        entry.getKey(),
                        new Yaml(entry.getKey(), entry.getValue().value())))
                .toList();
    }

    Stream<Resource> resources(String type) {
        return resources().stream().filter(resource -> resource.is(type));
    }

    Set<String> names(String section) {
        return section(section).map(Map.Entry::getKey).collect(Collectors.toUnmodifiableSet());
    }

    /** A section's value, each part with its name for where it stands. */
    Stream<Map.Entry<String, Yaml>> section(String name) {
        return root.seek(name).stream()
                .flatMap(Yaml::entries)
                .map(entry -> Map.entry(
                        entry.getKey(),
                        new Yaml(name + "/" + entry.getKey(), entry.getValue().value())));
    }

    Optional<Yaml> seek(String... path) {
        return root.seek(path);
    }
}
