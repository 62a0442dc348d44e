package dev.millrace.processor.shard;

import dev.millrace.core.wire.HashKeyRange;
import java.util.List;

/**
 * A shard as the stream lists it.
 *
 * @param parents the shards that it came from by a split or a merge, at most two; they may not be listed any more
 */
public record ShardInfo(String shardId, List<String> parents, HashKeyRange range) {

    public ShardInfo {
        parents = List.copyOf(parents);
    }
}
