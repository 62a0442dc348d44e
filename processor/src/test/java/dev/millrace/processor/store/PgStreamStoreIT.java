package dev.millrace.processor.store;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** The contract. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PgStreamStoreIT extends StreamStoreContract {

    private final PgStores stores = new PgStores();

    @BeforeEach
    void empty() {
        stores.empty();
    }

    @AfterAll
    void close() {
        stores.close();
    }

    @Override
    protected ShardStore newStore(String shardId) {
        return stores.shard(shardId);
    }

    @Override
    protected StreamStore newStream() {
        return stores.stream();
    }

    @Override
    protected SensorStore newSensors() {
        return stores.sensors();
    }

    @Override
    protected StoredContent content() {
        return stores.content(SHARD);
    }
}
