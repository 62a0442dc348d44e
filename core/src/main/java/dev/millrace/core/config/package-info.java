@NullMarked
package dev.millrace.core.config;

import org.jspecify.annotations.NullMarked;
