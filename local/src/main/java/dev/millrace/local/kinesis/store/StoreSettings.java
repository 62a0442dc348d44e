package dev.millrace.local.kinesis.store;

import java.time.Duration;

/**
 * How streams behave.
 *
 * @param region in the streams' ARNs
 * @param iteratorLifetime how long a shard iterator can be used; AWS: 5 minutes
 * @param retention how long a new stream keeps records; AWS: 24 hours unless changed
 * @param maxStoredBytes the bytes of memory that all stored records may take, each with a fixed share for its objects;
 *     over it the oldest are trimmed
 * @param transitionDelay how long a stream is CREATING, UPDATING or DELETING; zero: not at all
 * @param shuffle whether the records of one PutRecords are stored in random order, as AWS may do
 * @param subscriptionLifetime how long a subscription to a shard lasts; AWS: 5 minutes
 */
public record StoreSettings(
        String region,
        Limits limits,
        Duration iteratorLifetime,
        Duration retention,
        long maxStoredBytes,
        Duration transitionDelay,
        boolean shuffle,
        Duration subscriptionLifetime) {}
