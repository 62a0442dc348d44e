/** The processor measured: rows a second, time to the commit, hand-over. */
@NullMarked
package dev.millrace.bench.processor;

import org.jspecify.annotations.NullMarked;
