/** Spans of requests, for OpenTelemetry. */
@NullMarked
package dev.millrace.gateway.trace;

import org.jspecify.annotations.NullMarked;
