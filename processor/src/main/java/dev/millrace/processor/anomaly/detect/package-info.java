/**
 * The detector: state machines over series of values, fed strictly forward in time. What is found depends on the values alone, and
 * on their order; there is no clock, no randomness and no configuration but the rules.
 */
@NullMarked
package dev.millrace.processor.anomaly.detect;

import org.jspecify.annotations.NullMarked;
