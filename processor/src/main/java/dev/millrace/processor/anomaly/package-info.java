/** Rules, and the anomalies that readings make by them. Knows neither streams nor databases. */
@NullMarked
package dev.millrace.processor.anomaly;

import org.jspecify.annotations.NullMarked;
