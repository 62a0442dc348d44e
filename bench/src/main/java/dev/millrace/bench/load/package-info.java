/** Load over HTTP and MQTT, the servers under it in processes of their own, and what they cost. */
@NullMarked
package dev.millrace.bench.load;

import org.jspecify.annotations.NullMarked;
