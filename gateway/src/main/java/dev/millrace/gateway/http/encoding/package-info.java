/** Content codings of request bodies: undone piece by piece, in bounded steps and memory. */
@NullMarked
package dev.millrace.gateway.http.encoding;

import org.jspecify.annotations.NullMarked;
