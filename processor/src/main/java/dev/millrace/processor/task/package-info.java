/** Straight-line programs on virtual threads, and time as they see it. */
@NullMarked
package dev.millrace.processor.task;

import org.jspecify.annotations.NullMarked;
