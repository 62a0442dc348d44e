package dev.millrace.processor.cache;

/** Counts what becomes of the cache. Thread-safe. */
public interface CacheMeter {

    /** What can fail. */
    enum Failure {
        /** Redis could not be used. */
        REDIS,
        /** Redis refused one hash, while it took others. */
        HASH,
        /** What a hash is rebuilt from could not be read. */
        STORE
    }

    /** Hashes were made complete, or brought up to date, from the database. */
    void rebuilt(int hashes);

    /** Every sensor of some shards is looked at, because Redis has lost something of theirs. */
    void sweeping();

    /** Something failed; it is tried again. */
    void failed(Failure what);
}
