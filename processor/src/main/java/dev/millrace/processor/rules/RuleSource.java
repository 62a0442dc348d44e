package dev.millrace.processor.rules;

import dev.millrace.processor.anomaly.rule.RuleFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the rules of this process are written. */
public interface RuleSource {

    /**
     * The text as it now is.
     *
     * @throws IOException if it cannot be read as UTF-8 text
     */
    String read() throws IOException;

    /** The rules that are shipped. */
    static RuleSource shipped() {
        return RuleFile::shippedText;
    }

    /**
     * A file. All of it is read each time: the file of a ConfigMap is a link into a directory that is exchanged, so that neither its
     * time nor its place tells of a change.
     */
    static RuleSource file(Path path) {
        return () -> Files.readString(path);
    }
}
