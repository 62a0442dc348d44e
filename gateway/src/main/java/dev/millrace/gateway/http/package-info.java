/** The HTTP door: requests in, answers and problems out. */
@NullMarked
package dev.millrace.gateway.http;

import org.jspecify.annotations.NullMarked;
