@NullMarked
package dev.millrace.local.kinesis.fault;

import org.jspecify.annotations.NullMarked;
