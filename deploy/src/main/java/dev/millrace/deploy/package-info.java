/** Checks what is deployed before it is: manifests, templates and the cluster's description, against one another and the code. */
@NullMarked
package dev.millrace.deploy;

import org.jspecify.annotations.NullMarked;
