/** The adaptive detector: how unusual a value is for its series, learnt as the series goes on. See docs/detection.md. */
@NullMarked
package dev.millrace.processor.anomaly.adaptive;

import org.jspecify.annotations.NullMarked;
