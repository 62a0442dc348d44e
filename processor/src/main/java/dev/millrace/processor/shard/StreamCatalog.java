package dev.millrace.processor.shard;

import dev.millrace.processor.store.Loaded;
import java.util.List;

/** What there is to know about the stream. Its methods block the calling virtual thread. */
public interface StreamCatalog {

    /** When the stream was made, microseconds since 1970. */
    Loaded<Long> created();

    /** All shards that still hold records or may get some. */
    Loaded<List<ShardInfo>> shards();
}
