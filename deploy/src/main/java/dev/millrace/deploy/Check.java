package dev.millrace.deploy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Looks at a tree of the project for mistakes of one kind. */
@FunctionalInterface
public interface Check {

    /**
     * What is wrong, nothing where all is well.
     *
     * @param tree the root of the project's tree, or of a copy
     * @throws IOException when the tree cannot be read
     */
    List<Finding> findings(Path tree) throws IOException;
}
