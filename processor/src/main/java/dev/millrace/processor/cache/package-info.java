/** The latest values in Redis: a cache, which may be lost at any time. */
@NullMarked
package dev.millrace.processor.cache;

import org.jspecify.annotations.NullMarked;
