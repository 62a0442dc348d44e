/** What the processor keeps: rows, anomalies, dead letters, and the position that commits with them. */
@NullMarked
package dev.millrace.processor.store;

import org.jspecify.annotations.NullMarked;
