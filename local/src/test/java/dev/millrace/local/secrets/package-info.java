/** A stand-in for the services that keep secrets, and what speaks to it. */
@NullMarked
package dev.millrace.local.secrets;

import org.jspecify.annotations.NullMarked;
