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
    protected Stores stores() {
        return stores;
    }
}
