/** Checks the workflows that test and deliver. */
@NullMarked
package dev.millrace.deploy.delivery;

import org.jspecify.annotations.NullMarked;
