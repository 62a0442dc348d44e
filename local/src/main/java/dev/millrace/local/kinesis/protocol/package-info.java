@NullMarked
package dev.millrace.local.kinesis.protocol;

import org.jspecify.annotations.NullMarked;
