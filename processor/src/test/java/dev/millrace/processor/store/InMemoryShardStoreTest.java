package dev.millrace.processor.store;

/** The fake that other tests stand on keeps to the contract. */
class InMemoryShardStoreTest extends ShardStoreContract {

    private final Content content = new Content();

    @Override
    protected ShardStore newStore(String shardId) {
        return new InMemoryShardStore(content, shardId);
    }

    @Override
    protected StreamStore newStream() {
        return new InMemoryStreamStore(content, System::currentTimeMillis);
    }

    @Override
    protected SensorStore newSensors() {
        return new InMemorySensorStore(content);
    }

    @Override
    protected StoredContent content() {
        return content.stored(SHARD);
    }
}
