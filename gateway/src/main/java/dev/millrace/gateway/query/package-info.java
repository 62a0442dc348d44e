/** What is known of sensors: latest values, history, anomalies. */
@NullMarked
package dev.millrace.gateway.query;

import org.jspecify.annotations.NullMarked;
