package dev.millrace.processor.rules;

import dev.millrace.processor.anomaly.rule.RuleFile;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the rules of this process are written. */
public interface RuleSource {

    /**
     * The text as it now is. Of one that is longer than any rule file may be there is enough to tell so, and no more.
     *
     * @throws IOException if it cannot be read as UTF-8 text
     */
    String read() throws IOException;

    /** The rules that are shipped. */
    static RuleSource shipped() {
        return RuleFile::shippedText;
    }

    /**
     * A file. It is read each time: the file of a ConfigMap is a link into a directory that is exchanged, so that neither its
     * time nor its place tells of a change.
     */
    static RuleSource file(Path path) {
        return () -> {
            StringBuilder text = new StringBuilder();
            char[] part = new char[8_192];
            try (Reader reader = Files.newBufferedReader(path)) {
                for (int read = reader.read(part);
                        read >= 0 && text.length() <= RuleFile.MAX_CHARACTERS;
                        read = reader.read(part)) {
                    text.append(part, 0, read);
                }
            }
            return text.toString();
        };
    }
}
