package dev.millrace.deploy.stack;

import dev.millrace.deploy.Yaml;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A statement of a policy of IAM. */
record Statement(Yaml value) {

    /** All statements of a resource, whichever policy they stand in. */
    static Stream<Statement> of(Resource resource) {
        return resource.body()
                .all()
                .filter(value -> value.seek("Effect").isPresent()
                        && (value.seek("Action").isPresent()
                                || value.seek("NotAction").isPresent()))
                .map(Statement::new);
    }

    String sid() {
        return value.seek("Sid").map(Yaml::text).orElse("");
    }

    List<String> actions() {
        return value.seek("Action").stream().flatMap(Yaml::each).map(Yaml::text).toList();
    }

    boolean allows() {
        return value.seek("Effect").map(Yaml::text).equals(Optional.of("Allow"));
    }

    /** Whether it allows all but what it names, which is more than anybody can read from it. */
    boolean allowsAllBut() {
        return allows()
                && Stream.of("NotAction", "NotPrincipal", "NotResource")
                        .anyMatch(field -> value.seek(field).isPresent());
    }

    /** Whether it lets in whoever comes, on no condition. */
    boolean allowsEverybody() {
        return allows()
                && value.seek("Condition").isEmpty()
                && value.seek("Principal").stream()
                        .flatMap(Yaml::all)
                        .anyMatch(principal -> principal.value().equals("*"));
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
