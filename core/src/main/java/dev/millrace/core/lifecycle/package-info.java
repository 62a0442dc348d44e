@NullMarked
package dev.millrace.core.lifecycle;

import org.jspecify.annotations.NullMarked;
