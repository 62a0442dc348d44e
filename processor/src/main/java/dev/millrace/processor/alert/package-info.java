/** What is told of anomalies, to whom, and how it gets there. */
@NullMarked
package dev.millrace.processor.alert;

import org.jspecify.annotations.NullMarked;
