package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.util.List;

/** One thing that all templates promise. */
@FunctionalInterface
interface Policy {

    /** Where they break it. */
    List<Finding> findings(Templates templates) throws IOException;
}
