@NullMarked
package dev.millrace.processor;

import org.jspecify.annotations.NullMarked;
