/** Reading a shard: records in, decoded, fed to the detector, committed. */
@NullMarked
package dev.millrace.processor.shard;

import org.jspecify.annotations.NullMarked;
