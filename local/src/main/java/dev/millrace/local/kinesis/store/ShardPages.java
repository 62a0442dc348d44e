package dev.millrace.local.kinesis.store;

import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.ShardFilter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** ListShards: filters, pages, and the tokens that lead from one to the next. */
final class ShardPages {

    /** An answer has no more shards, whatever MaxResults says. */
    static final int MAX_PAGE = 1_000;

    private static final long TOKEN_LIFETIME_MILLIS = 300_000;
    private static final int VALUES = 5;

    private final OpaqueTokens tokens;

    ShardPages(OpaqueTokens tokens) {
        this.tokens = tokens;
    }

    /** What a token stands for. */
    record Rest(long streamId, long afterNumber, ShardFilter filter) {}

    ShardPage page(Stream stream, long afterNumber, ShardFilter filter, int maxResults, long now) {
        List<Shard> matching = stream.shards().stream()
                .filter(shard -> shard.number() > afterNumber)
                .filter(predicate(stream, filter))
                .toList();
        List<Shard> shards = matching.subList(0, Math.min(matching.size(), Math.min(maxResults, MAX_PAGE)));
        Optional<String> nextToken = shards.size() == matching.size()
                ? Optional.empty()
                : Optional.of(token(stream, shards.getLast().number(), filter, now));
        return new ShardPage(shards.stream().map(Shard::describe).toList(), nextToken);
    }

    Rest open(String token, long now) {
        long[] values = tokens.open(token, VALUES, "NextToken");
        if (now - values[2] > TOKEN_LIFETIME_MILLIS) {
            throw AwsError.EXPIRED_NEXT_TOKEN.because("The NextToken is older than 300 seconds.");
        }
        Instant timestamp = Instant.ofEpochMilli(values[4]);
        ShardFilter filter =
                switch ((int) values[3]) {
                    case 1 -> new ShardFilter.AtTrimHorizon();
                    case 2 -> new ShardFilter.AtLatest();
                    case 3 -> new ShardFilter.AtTimestamp(timestamp);
                    case 4 -> new ShardFilter.FromTimestamp(timestamp);
                    default -> new ShardFilter.All();
                };
        return new Rest(values[0], values[1], filter);
    }

    private String token(Stream stream, long afterNumber, ShardFilter filter, long now) {
        long kind =
                switch (filter) {
                    // what AFTER_SHARD_ID leaves out lies before afterNumber
                    case ShardFilter.All _, ShardFilter.AfterShardId _ -> 0;
                    case ShardFilter.AtTrimHorizon _ -> 1;
                    case ShardFilter.AtLatest _ -> 2;
                    case ShardFilter.AtTimestamp _ -> 3;
                    case ShardFilter.FromTimestamp _ -> 4;
                };
        long timestamp =
                switch (filter) {
                    case ShardFilter.AtTimestamp at -> at.timestamp().toEpochMilli();
                    case ShardFilter.FromTimestamp from -> from.timestamp().toEpochMilli();
                    default -> 0;
                };
        return tokens.seal(stream.id(), afterNumber, now, kind, timestamp);
    }

    private static Predicate<Shard> predicate(Stream stream, ShardFilter filter) {
        return switch (filter) {
            case ShardFilter.All _ -> _ -> true;
            case ShardFilter.AfterShardId after -> shard -> shard.id().compareTo(after.shardId()) > 0;
            case ShardFilter.AtTrimHorizon _ ->
                shard -> shard.parents().stream().noneMatch(stream.shards()::contains);
            case ShardFilter.AtLatest _ -> Shard::isOpen;
            case ShardFilter.AtTimestamp at -> {
                // before the stream's first shard was open, its first shards count
                long millis = Math.max(at.timestamp().toEpochMilli(), stream.createdAt());
                yield shard -> shard.createdAt() <= millis && shard.closedAt() >= millis;
            }
            case ShardFilter.FromTimestamp from ->
                shard -> shard.closedAt() >= from.timestamp().toEpochMilli();
        };
    }
}
