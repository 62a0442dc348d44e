package dev.millrace.local.kinesis.store;

import java.util.List;
import java.util.Optional;

/**
 * A page of ListShards.
 *
 * @param nextToken none on the last page
 */
public record ShardPage(List<ShardDescription> shards, Optional<String> nextToken) {}
