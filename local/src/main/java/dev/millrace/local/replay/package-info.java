@NullMarked
package dev.millrace.local.replay;

import org.jspecify.annotations.NullMarked;
