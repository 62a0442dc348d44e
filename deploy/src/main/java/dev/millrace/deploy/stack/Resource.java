package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import dev.millrace.deploy.Yaml;
import java.util.Optional;

/**
 * A resource of a template.
 *
 * @param file the template that it stands in, from the root of the tree
 * @param id its logical id
 * @param body all that stands under the id
 */
record Resource(String file, String id, Yaml body) {

    String type() {
        return body.seek("Type").map(Yaml::text).orElse("");
    }

    boolean is(String type) {
        return type().equals(type);
    }

    /** A value below {@code Properties}. */
    Optional<Yaml> property(String... path) {
        return body.seek("Properties").flatMap(properties -> properties.seek(path));
    }

    /** Something is wrong with a value of this resource. */
    Finding finding(Yaml at, String problem) {
        return new Finding(file, at.where().replace('/', '.'), problem);
    }

    /** Something is wrong with a field, which may not be there. */
    Finding finding(String field, String problem) {
        return new Finding(file, id + "." + field, problem);
    }
}
