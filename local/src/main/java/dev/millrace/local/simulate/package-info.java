@NullMarked
package dev.millrace.local.simulate;

import org.jspecify.annotations.NullMarked;
