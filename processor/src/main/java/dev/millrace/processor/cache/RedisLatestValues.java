package dev.millrace.processor.cache;

import dev.millrace.processor.cache.RedisHashes.Written;
import dev.millrace.processor.store.LatestValue;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The latest values of one shard's sensors in Redis. It writes what it is given, forward in time; all that this leaves wanting
 * is the {@link RedisCacheKeeper}'s: hashes that are not complete, and what came while Redis was away, of which only the time
 * of arrival is remembered.
 */
final class RedisLatestValues implements LatestValues {

    private final RedisAccess access;
    private final RedisHashes hashes;
    private final Arrears arrears;
    private final Consumer<Arrears> join;
    private final Consumer<Arrears> leave;

    /**
     * @param join has the keeper see to the arrears; once or more
     * @param leave has it do so no more
     */
    RedisLatestValues(
            RedisAccess access, RedisHashes hashes, Arrears arrears, Consumer<Arrears> join, Consumer<Arrears> leave) {
        this.access = access;
        this.hashes = hashes;
        this.arrears = arrears;
        this.join = join;
        this.leave = leave;
    }

    @Override
    public void begin(OptionalLong since) {
        arrears.begin(since.orElse(Arrears.ALL));
        join.accept(arrears);
    }

    @Override
    public void update(Map<String, List<LatestValue>> bySensor, long arrivedFrom, long arrivedTo) {
        boolean written = false;
        try {
            written = bySensor.isEmpty() || write(bySensor);
        } finally {
            if (!written) {
                arrears.owe(arrivedFrom);
            }
            arrears.reach(arrivedTo);
        }
    }

    private boolean write(Map<String, List<LatestValue>> bySensor) {
        if (access.isAway()) {
            return false;
        }
        try {
            Written written = hashes.write(bySensor, RedisHashes.NO_TOKEN);
            arrears.addIncomplete(written.incomplete());
            arrears.addIncomplete(written.refused());
            return true;
        } catch (RedisAway e) {
            access.failed(e.reason());
            return false;
        }
    }

    @Override
    public OptionalLong settledTo() {
        return arrears.settledTo();
    }

    @Override
    public void end() {
        leave.accept(arrears);
    }
}
