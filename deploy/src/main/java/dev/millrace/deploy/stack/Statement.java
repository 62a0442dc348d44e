package dev.millrace.deploy.stack;

import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.stream.Stream;

/** A statement of a policy of IAM. */
record Statement(Yaml value) {

    /** All statements of a resource, whichever policy they stand in. */
    static Stream<Statement> of(Resource resource) {
        return resource.body()
                .all()
                .filter(value ->
                        value.seek("Effect").isPresent() && value.seek("Action").isPresent())
                .map(Statement::new);
    }

    String sid() {
        return value.seek("Sid").map(Yaml::text).orElse("");
    }

    List<String> actions() {
        return value.at("Action").each().map(Yaml::text).toList();
    }

    /** What it is about, functions included; none where a policy is about whom it is attached to. */
    List<Yaml> resources() {
        return value.seek("Resource").stream().flatMap(Yaml::each).toList();
    }

    /** Whether it speaks of more than it names. */
    boolean hasWildcard() {
        return Stream.concat(
                        actions().stream(),
                        resources().stream()
                                .flatMap(Yaml::all)
                                .map(Yaml::value)
                                .filter(String.class::isInstance)
                                .map(String.class::cast))
                .anyMatch(text -> text.contains("*") || text.contains("?"));
    }
}
