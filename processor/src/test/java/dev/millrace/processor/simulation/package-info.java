/** The production classes of ownership, reading and commit in a world of their own, in virtual time, from a seed. */
@NullMarked
package dev.millrace.processor.simulation;

import org.jspecify.annotations.NullMarked;
