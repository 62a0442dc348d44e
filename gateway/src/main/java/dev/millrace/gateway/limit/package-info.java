/** What clients may take of the gateway, whichever door they come through. */
@NullMarked
package dev.millrace.gateway.limit;

import org.jspecify.annotations.NullMarked;
