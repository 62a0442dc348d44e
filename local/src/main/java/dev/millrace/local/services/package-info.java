@NullMarked
package dev.millrace.local.services;

import org.jspecify.annotations.NullMarked;
