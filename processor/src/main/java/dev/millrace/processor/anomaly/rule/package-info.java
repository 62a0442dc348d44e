/** What is an anomaly, as people write it: the rule file, its reader, its schema and its reference. */
@NullMarked
package dev.millrace.processor.anomaly.rule;

import org.jspecify.annotations.NullMarked;
