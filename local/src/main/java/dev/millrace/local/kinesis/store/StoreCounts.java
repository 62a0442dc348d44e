package dev.millrace.local.kinesis.store;

/**
 * What a store has seen since its start, and what it holds.
 *
 * @param accepted records stored
 * @param throttled records refused because their shard's rate was exceeded
 * @param refusedByFault records refused because a test asked for it
 * @param reads answers to GetRecords
 * @param readsThrottled GetRecords refused because their shard's rate was exceeded
 * @param trimmedByRetention records removed at the end of their retention
 * @param trimmedForMemory records removed <em>before</em> the end of their retention because the memory for records was
 *     full: a reader that had not read them lost them
 * @param storedRecords records held now
 * @param storedBytes bytes of memory that these are taken to need
 */
public record StoreCounts(
        long accepted,
        long throttled,
        long refusedByFault,
        long reads,
        long readsThrottled,
        long trimmedByRetention,
        long trimmedForMemory,
        long storedRecords,
        long storedBytes) {}
