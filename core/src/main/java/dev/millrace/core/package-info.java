@NullMarked
package dev.millrace.core;

import org.jspecify.annotations.NullMarked;
