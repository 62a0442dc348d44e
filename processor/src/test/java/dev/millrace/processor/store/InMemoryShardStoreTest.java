package dev.millrace.processor.store;

/** The fake that other tests stand on keeps to the contract. */
class InMemoryShardStoreTest extends ShardStoreContract {

    private final InMemoryShardStore.Content content = new InMemoryShardStore.Content();

    @Override
    protected ShardStore store() {
        return new InMemoryShardStore(content);
    }

    @Override
    protected StoredContent content() {
        return content.stored();
    }
}
