/** Who is at the door, and what they may do there. */
@NullMarked
package dev.millrace.gateway.auth;

import org.jspecify.annotations.NullMarked;
