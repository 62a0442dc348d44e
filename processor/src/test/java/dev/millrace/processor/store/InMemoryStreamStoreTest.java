package dev.millrace.processor.store;

/** The fake that other tests stand on keeps to the contract. */
class InMemoryStreamStoreTest extends StreamStoreContract {

    private final InMemoryStores stores = new InMemoryStores();

    @Override
    protected Stores stores() {
        return stores;
    }
}
