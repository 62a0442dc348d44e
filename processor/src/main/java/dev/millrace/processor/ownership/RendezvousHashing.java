package dev.millrace.processor.ownership;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Spreads shards over members by rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit
 * rates", 1998) with an even spread: each pair of a shard and a member has a score, pairs are taken from the highest score
 * on, and a member that has its share is passed over. Who knows the same shards and members gets the same spread, and one more or
 * less of either moves few shards. The scores must be the same in all versions that run together.
 */
final class RendezvousHashing {

    private RendezvousHashing() {}

    private record Pair(String shardId, String member, long score) {}

    private static final Comparator<Pair> BEST_FIRST = Comparator.comparingLong(Pair::score)
            .reversed()
            .thenComparing(Pair::shardId)
            .thenComparing(Pair::member);

    /** The member of each shard; empty where there are no members. Shares differ by one at most. */
    static Map<String, String> spread(Collection<String> shardIds, Collection<String> members) {
        if (members.isEmpty()) {
            return Map.of();
        }
        List<Pair> pairs = new ArrayList<>(shardIds.size() * members.size());
        for (String shardId : shardIds) {
            for (String member : members) {
                pairs.add(new Pair(shardId, member, score(shardId, member)));
            }
        }
        pairs.sort(BEST_FIRST);
        int share = shardIds.size() / members.size();
        int larger = shardIds.size() % members.size();
        Map<String, String> spread = new HashMap<>();
        Map<String, Integer> taken = new HashMap<>();
        for (Pair pair : pairs) {
            int has = taken.getOrDefault(pair.member, 0);
            if (spread.containsKey(pair.shardId) || has > share || (has == share && larger == 0)) {
                continue;
            }
            if (has == share) {
                larger--;
            }
            spread.put(pair.shardId, pair.member);
            taken.put(pair.member, has + 1);
        }
        return spread;
    }

    /** FNV-1a over both (Fowler, Noll, Vo), mixed once more, since alone it keeps what similar names have in common. */
    private static long score(String shardId, String member) {
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < shardId.length(); i++) {
            hash = (hash ^ shardId.charAt(i)) * 0x100000001B3L;
        }
        hash = (hash ^ 0xFFFF) * 0x100000001B3L;
        for (int i = 0; i < member.length(); i++) {
            hash = (hash ^ member.charAt(i)) * 0x100000001B3L;
        }
        // the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014)
        hash = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
        hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL;
        return hash ^ (hash >>> 31);
    }
}
