@NullMarked
package dev.millrace.core.wire;

import org.jspecify.annotations.NullMarked;
