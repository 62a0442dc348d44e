package dev.millrace.processor.store;

/** The fake that other tests stand on keeps to the contract. */
class InMemoryShardStoreTest extends ShardStoreContract {

    private final InMemoryStores stores = new InMemoryStores();

    @Override
    protected Stores stores() {
        return stores;
    }
}
