/** The clients of PostgreSQL, Redis and Kinesis, made from their settings in one way. */
@NullMarked
package dev.millrace.core.connect;

import org.jspecify.annotations.NullMarked;
