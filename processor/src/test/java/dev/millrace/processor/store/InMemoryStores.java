package dev.millrace.processor.store;

/** The stores without a database. */
final class InMemoryStores implements Stores {

    private final Content content = new Content();

    @Override
    public ShardStore shard(String shardId) {
        return new InMemoryShardStore(content, shardId);
    }

    @Override
    public StreamStore stream() {
        return new InMemoryStreamStore(content, System::currentTimeMillis);
    }

    @Override
    public SensorStore sensors() {
        return new InMemorySensorStore(content);
    }

    @Override
    public RuleStore rules() {
        return new InMemoryRuleStore(content);
    }

    @Override
    public StoredContent content(String shardId) {
        return content.stored(shardId);
    }
}
