package dev.millrace.core.config;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Settings whose values are kept elsewhere. Each secret and parameter is read once: two settings that name two fields of one
 * secret get what belongs together, also while it is changed.
 */
final class References {

    private static final String FILE = "file:";
    private static final String SECRET = "secret:";
    private static final String PARAMETER = "ssm:";

    private final Supplier<ReferenceStore> store;
    private final Map<String, ReferenceStore.Answer> answers = new HashMap<>();

    /** @param store asked for its store with the first reference that needs one, since to make one takes time */
    References(Supplier<ReferenceStore> store) {
        this.store = store;
    }

    /** The same store, of which nothing has been read yet. */
    References afresh() {
        return new References(store);
    }

    static boolean isReference(String raw) {
        return raw.startsWith(FILE) || raw.startsWith(SECRET) || raw.startsWith(PARAMETER);
    }

    /** What a setting stands for: itself, unless it is a reference. Throws {@link IllegalArgumentException} with what is wrong. */
    String resolve(String raw) {
        if (raw.startsWith(FILE)) {
            return file(raw.substring(FILE.length()));
        }
        if (raw.startsWith(SECRET)) {
            return secret(raw.substring(SECRET.length()));
        }
        if (raw.startsWith(PARAMETER)) {
            String name = raw.substring(PARAMETER.length());
            if (name.isEmpty()) {
                throw new IllegalArgumentException("must name a parameter, such as ssm:/name");
            }
            return text("the parameter that it refers to ", answer(PARAMETER, name));
        }
        return raw;
    }

    private static String file(String path) {
        try {
            return Files.readString(Path.of(path)).stripTrailing();
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException("the file that it refers to cannot be read", e);
        }
    }

    private String secret(String reference) {
        int hash = reference.indexOf('#');
        String id = hash < 0 ? reference : reference.substring(0, hash);
        String key = hash < 0 ? "" : reference.substring(hash + 1);
        if (id.isEmpty() || (hash >= 0 && key.isEmpty())) {
            throw new IllegalArgumentException("must look like secret:name or secret:name#key");
        }
        String text = text("the secret that it refers to ", answer(SECRET, id));
        return hash < 0 ? text : field(text, key);
    }

    private static String field(String text, String key) {
        Object json;
        try {
            json = Json.decodeValue(text);
        } catch (DecodeException _) {
            // whose message and cause hold parts of the text
            json = text;
        }
        if (!(json instanceof JsonObject fields)) {
            throw new IllegalArgumentException("the secret that it refers to is not a JSON object");
        }
        return switch (fields.getValue(key)) {
            case String string -> string;
            case Number number -> number.toString();
            case null -> throw new IllegalArgumentException("the secret that it refers to has no key " + key);
            default ->
                throw new IllegalArgumentException(
                        "the secret that it refers to has neither a text nor a number as its key " + key);
        };
    }

    private ReferenceStore.Answer answer(String kind, String name) {
        ReferenceStore.Answer unreachable = answers.get(kind);
        if (unreachable != null) {
            return unreachable;
        }
        ReferenceStore.Answer known = answers.get(kind + name);
        if (known != null) {
            return known;
        }
        ReferenceStore.Answer answer =
                kind.equals(SECRET) ? store.get().secret(name) : store.get().parameter(name);
        // with many references the waiting for a service that is away would add up
        answers.put(answer instanceof ReferenceStore.Unreachable ? kind : kind + name, answer);
        return answer;
    }

    private static String text(String subject, ReferenceStore.Answer answer) {
        return switch (answer) {
            case ReferenceStore.Value(String text) -> text;
            case ReferenceStore.Refused(String reason) -> throw new IllegalArgumentException(subject + reason);
            case ReferenceStore.Unreachable(String reason) -> throw new IllegalArgumentException(subject + reason);
        };
    }
}
