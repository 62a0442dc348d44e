/** Which rules are the newest: those of this process's file, and those that others have stored. */
@NullMarked
package dev.millrace.processor.rules;

import org.jspecify.annotations.NullMarked;
