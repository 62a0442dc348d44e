package dev.millrace.processor.rules;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where the rules of this process are written. */
public interface RuleSource {

    /**
     * The text as it now is; empty where it cannot change.
     *
     * @throws IOException if it cannot be read as UTF-8 text
     */
    Optional<String> read() throws IOException;

    /** The rules that are shipped. */
    static RuleSource shipped() {
        return Optional::empty;
    }

    /**
     * A file. All of it is read each time: the file of a ConfigMap is a link into a directory that is exchanged, so that neither its
     * time nor its place tells of a change.
     */
    static RuleSource file(Path path) {
        return () -> Optional.of(Files.readString(path));
    }
}
