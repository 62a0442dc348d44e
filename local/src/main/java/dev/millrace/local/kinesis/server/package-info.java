@NullMarked
package dev.millrace.local.kinesis.server;

import org.jspecify.annotations.NullMarked;
