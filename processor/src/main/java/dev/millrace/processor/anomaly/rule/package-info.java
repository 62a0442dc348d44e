/** The rules that people write, and how they are read. */
@NullMarked
package dev.millrace.processor.anomaly.rule;

import org.jspecify.annotations.NullMarked;
