/** Ports of this machine alone. */
@NullMarked
package dev.millrace.local.port;

import org.jspecify.annotations.NullMarked;
