/** The registry of devices: what each may do, what it shows, and the copy of it by which every request is judged. */
@NullMarked
package dev.millrace.gateway.device;

import org.jspecify.annotations.NullMarked;
