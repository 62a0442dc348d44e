/** What every door does with a body: decode, admit, publish. */
@NullMarked
package dev.millrace.gateway.ingest;

import org.jspecify.annotations.NullMarked;
