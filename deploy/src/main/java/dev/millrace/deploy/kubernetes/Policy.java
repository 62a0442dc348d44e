package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.util.stream.Stream;

/** What must hold in every rendering. */
@FunctionalInterface
interface Policy {

    Stream<Finding> findings(Rendering rendering) throws IOException;
}
