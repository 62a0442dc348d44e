package dev.millrace.processor.store;

/** The stores of one stream over what they share. Each call opens another one. */
public interface Stores {

    ShardStore shard(String shardId);

    StreamStore stream();

    SensorStore sensors();

    RuleStore rules();

    /** What is stored of a shard, and of all sensors. */
    StoredContent content(String shardId);
}
