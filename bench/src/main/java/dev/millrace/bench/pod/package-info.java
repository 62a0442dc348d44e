/** The programs as they run in their pods: how soon they are ready, what memory they take, and the training of their AOT caches. */
@NullMarked
package dev.millrace.bench.pod;

import org.jspecify.annotations.NullMarked;
