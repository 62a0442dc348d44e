/** Which process reads which shard: membership by leases, and an even spread of the shards over the members. */
@NullMarked
package dev.millrace.processor.ownership;

import org.jspecify.annotations.NullMarked;
