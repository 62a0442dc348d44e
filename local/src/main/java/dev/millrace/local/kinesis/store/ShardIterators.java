package dev.millrace.local.kinesis.store;

import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.StartingPosition;
import java.time.Duration;

/** Issues and opens shard iterators. An iterator is a position; it may be used more than once until it expires. */
final class ShardIterators {

    private static final int VALUES = 5;

    private final OpaqueTokens tokens;
    private final Duration lifetime;

    /** Iterators of an earlier epoch have expired, however young they are. */
    private long epoch;

    ShardIterators(OpaqueTokens tokens, Duration lifetime) {
        this.tokens = tokens;
        this.lifetime = lifetime;
    }

    /** @param position of the first record that it gives, which need not exist */
    record Target(long streamId, long shardNumber, long position) {}

    String issue(Stream stream, Shard shard, long position, long now) {
        return tokens.seal(stream.id(), shard.number(), position, now, epoch);
    }

    /** What an iterator stands for, whether or not it has expired. */
    Target target(String iterator) {
        long[] values = tokens.open(iterator, VALUES, "ShardIterator");
        return new Target(values[0], values[1], values[2]);
    }

    void refuseExpired(String iterator, long now) {
        long[] values = tokens.open(iterator, VALUES, "ShardIterator");
        long age = now - values[3];
        if (age > lifetime.toMillis() || values[4] != epoch) {
            throw AwsError.EXPIRED_ITERATOR.because("Iterator expired. The iterator was created " + age
                    + " milliseconds ago, while it cannot be older than " + lifetime.toMillis()
                    + " milliseconds or was revoked.");
        }
    }

    void expireAll() {
        epoch++;
    }

    static long resolve(Stream stream, Shard shard, StartingPosition from, long now) {
        return switch (from) {
            case StartingPosition.TrimHorizon _ -> 0;
            case StartingPosition.Latest _ -> shard.tip();
            case StartingPosition.AtSequenceNumber at -> positionOf(stream, shard, at.sequenceNumber());
            case StartingPosition.AfterSequenceNumber after -> positionOf(stream, shard, after.sequenceNumber()) + 1;
            case StartingPosition.AtTimestamp at -> {
                long millis = at.timestamp().toEpochMilli();
                if (millis > now) {
                    throw AwsError.INVALID_ARGUMENT.because("The timestampInMillis parameter cannot be greater than the"
                            + " currentTimestampInMillis. timestampInMillis: " + millis
                            + ", currentTimestampInMillis: " + now);
                }
                int index = shard.log().indexOfArrival(millis);
                yield index < shard.log().size() ? shard.log().get(index).position() : shard.tip();
            }
        };
    }

    private static long positionOf(Stream stream, Shard shard, String sequenceNumber) {
        long position = shard.sequenceNumbers().positionOf(sequenceNumber, shard, stream.name());
        if (position >= shard.tip()) {
            throw AwsError.INVALID_ARGUMENT.because("StartingSequenceNumber " + sequenceNumber
                    + " used in GetShardIterator on shard " + shard.id() + " in stream " + stream.name()
                    + " is invalid because no record has it yet.");
        }
        return position;
    }
}
