/** The anomalies that readings make by rules. Knows neither streams nor databases. */
@NullMarked
package dev.millrace.processor.anomaly.detect;

import org.jspecify.annotations.NullMarked;
