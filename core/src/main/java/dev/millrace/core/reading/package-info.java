@NullMarked
package dev.millrace.core.reading;

import org.jspecify.annotations.NullMarked;
