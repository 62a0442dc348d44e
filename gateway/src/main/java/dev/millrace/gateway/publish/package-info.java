/** Readings into the stream, durable and in order: lanes, aggregation, PutRecords. */
@NullMarked
package dev.millrace.gateway.publish;

import org.jspecify.annotations.NullMarked;
