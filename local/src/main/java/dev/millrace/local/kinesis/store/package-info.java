@NullMarked
package dev.millrace.local.kinesis.store;

import org.jspecify.annotations.NullMarked;
