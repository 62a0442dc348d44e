@NullMarked
package dev.millrace.local.kinesis;

import org.jspecify.annotations.NullMarked;
