/** Files that people write, read so that every problem has its place. */
@NullMarked
package dev.millrace.processor.yaml;

import org.jspecify.annotations.NullMarked;
