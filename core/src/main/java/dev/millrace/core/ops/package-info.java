@NullMarked
package dev.millrace.core.ops;

import org.jspecify.annotations.NullMarked;
