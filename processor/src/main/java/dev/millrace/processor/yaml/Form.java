package dev.millrace.processor.yaml;

import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * What the value of a field may be: said once, for the reader, the schema and the reference.
 *
 * @param <T> what a good value is read as
 */
public interface Form<T> {

    /** The value; where it is none of this form, what is wrong is noted. */
    Optional<T> read(Yaml node, String name, Problems problems);

    /** The JSON Schema of a good value. */
    JsonObject schema();

    /** What a good value is, for people. */
    String words();
}
