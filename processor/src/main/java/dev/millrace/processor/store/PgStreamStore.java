package dev.millrace.processor.store;

import io.vertx.sqlclient.Pool;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What is kept of a stream's shards in PostgreSQL. */
public final class PgStreamStore implements StreamStore {

    private final PgSession session;
    private final String stream;
    private final long streamCreated;

    /** @param streamCreated microseconds since 1970 */
    public PgStreamStore(Pool pool, String stream, long streamCreated) {
        this.session = new PgSession(pool, () -> {});
        this.stream = stream;
        this.streamCreated = streamCreated;
    }

    @Override
    public Loaded<OptionalLong> begin(StartPosition wanted, long now, List<String> shardIds) {
        throw new UnsupportedOperationException(stream + streamCreated);
    }

    @Override
    public Loaded<Map<String, ShardState>> shards() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Loaded<Optional<Long>> take(String shardId, Optional<ShardState> seen, String owner) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        session.drop();
    }
}
