/** The adaptive detector on the Numenta Anomaly Benchmark: its scores for every row, and what each of its parts is worth. */
@NullMarked
package dev.millrace.bench.nab;

import org.jspecify.annotations.NullMarked;
