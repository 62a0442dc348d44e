package dev.millrace.gateway.publish;

import dev.millrace.core.wire.HashKeyRange;

/** An open shard of the stream and the hash keys that it holds. */
public record Shard(String id, HashKeyRange range) {}
