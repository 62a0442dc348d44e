package dev.millrace.processor.shard;

import dev.millrace.processor.store.Loaded;
import java.time.Duration;
import java.util.List;

/** What there is to know about the stream. Its methods block the calling virtual thread. */
public interface StreamCatalog {

    /**
     * A stream.
     *
     * @param created when it was made, microseconds since 1970: one that was deleted and made again is another
     * @param retention how long it keeps records
     * @param shards all that still hold records or may get some
     */
    record Listing(long created, Duration retention, List<ShardInfo> shards) {

        public Listing {
            shards = List.copyOf(shards);
        }
    }

    Loaded<Listing> list();
}
