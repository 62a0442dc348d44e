package dev.millrace.processor.cache;

import dev.millrace.processor.store.ShardKey;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keys that stand in Redis for all others, spread over the slots of a cluster, by which a loss is noticed. Each is a hash with
 * a field a shard, of which the value is a claim and the run of the server that it was made to: what arrived before an instant
 * is in this server. Claims are renewed each second, in the order in which the server takes what they are about, so that a
 * server that kept one (a replica that took over, a snapshot that was loaded) has all that it claims.
 *
 * <p>A claim that is gone tells that the slot was emptied: all the shard's hashes are looked at. Until that is over the
 * sentinels hold a token in its place, and become a claim again only where it still stands. A claim of another run, or an
 * older one, tells that what arrived since may be lost, though hashes say that they are complete. The claims belong to the
 * shard and not to who reads it: an owner that comes later finds what the one before left unrepaired.
 *
 * <p>For one thread.
 */
final class RedisSentinels {

    /** Enough that each node of a cluster of up to 64 has some, if its slots lie together. */
    static final int COUNT = 128;

    private static final int SLOTS = 16_384;
    private static final String NOWHERE = "?";
    private static final String WHATEVER = "*";
    private static final String CLAIM = "settled";
    private static final String NOTHING = "-";

    private final RedisAccess access;
    private final RedisScript script = new RedisScript("sentinel.lua");
    private final List<String> keys = keys();
    private final Map<Arrears, Watch> watches = new HashMap<>();

    /** What is known of a shard's fields. */
    private static final class Watch {

        /** What stands there, by key; {@link #NOWHERE} until it was read. */
        final String[] stored = new String[COUNT];

        /** The runs of the servers where it stood, by key. */
        final String[] runs = new String[COUNT];

        /** What stands there while a sweep is under way; empty: none is. */
        String sweep = "";

        boolean lost;

        Watch() {
            Arrays.fill(stored, NOWHERE);
            Arrays.fill(runs, "");
        }
    }

    /** What is to stand in a shard's fields. */
    private record Offer(String replacement, Mode mode) {}

    private enum Mode {
        /** Only look: what was lost is not to be covered up before it is made good. */
        LOOK,
        /** Where all is as it was left. */
        RENEW,
        /** Whatever stands there. */
        FORCE
    }

    RedisSentinels(RedisAccess access) {
        this.access = access;
    }

    /** The names: of each part of the slots the first whose slot lies there. They never begin like a sensor's. */
    static List<String> keys() {
        String[] names = new String[COUNT];
        int found = 0;
        for (int i = 0; found < COUNT; i++) {
            String tag = Integer.toString(i, Character.MAX_RADIX);
            int part = slot(tag) / (SLOTS / COUNT);
            if (names[part] == null) {
                names[part] = "millrace:sentinel:{" + tag + "}";
                found++;
            }
        }
        return List.of(names);
    }

    /** The slot of a hash tag: CRC16, XMODEM (Redis cluster specification, "Key distribution model"). */
    static int slot(String tag) {
        int crc = 0;
        for (int i = 0; i < tag.length(); i++) {
            crc ^= tag.charAt(i) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
            crc &= 0xFFFF;
        }
        return crc % SLOTS;
    }

    /** Reads all claims and renews those that stand. What was lost shows in the shards' arrears, and in {@link #lost}. */
    void beat(Collection<Arrears> shards) throws RedisAway {
        watches.keySet().retainAll(Set.copyOf(shards));
        shards.forEach(shard -> watches.computeIfAbsent(shard, _ -> new Watch()));
        Map<Arrears, Offer> offers = new LinkedHashMap<>();
        // before anything is sent: what is claimed was written before
        watches.forEach((shard, watch) -> offers.put(
                shard,
                new Offer(
                        watch.sweep.isEmpty() ? CLAIM + " " + settled(shard) : watch.sweep,
                        watch.lost ? Mode.LOOK : Mode.RENEW)));
        send(offers);
    }

    /** Whether they stand for a shard; so they do from the next beat on. */
    boolean watches(Arrears shard) {
        return watches.containsKey(shard);
    }

    /** The shards of which hashes were lost since their last sweep began. */
    Set<Arrears> lost() {
        Set<Arrears> lost = new HashSet<>();
        watches.forEach((shard, watch) -> {
            if (watch.lost) {
                lost.add(shard);
            }
        });
        return lost;
    }

    /** Takes the claims of shards away, because all their sensors are about to be looked at. */
    void beginSweep(Collection<Arrears> shards, String token) throws RedisAway {
        Map<Arrears, Offer> offers = new LinkedHashMap<>();
        for (Arrears shard : shards) {
            Watch watch = watches.get(shard);
            if (watch != null) {
                // until it is known to have begun
                watch.lost = true;
                offers.put(shard, new Offer(token + " " + settled(shard), Mode.FORCE));
            }
        }
        send(offers);
        offers.forEach((shard, offer) -> {
            Watch watch = watches.get(shard);
            if (watch != null) {
                watch.lost = false;
                watch.sweep = offer.replacement;
            }
        });
    }

    /** All sensors of the shards were looked at: the next beat claims, where the tokens still stand. */
    void endSweep(Collection<Arrears> shards) {
        for (Arrears shard : shards) {
            Watch watch = watches.get(shard);
            if (watch != null && !watch.lost) {
                watch.sweep = "";
            }
        }
    }

    private void send(Map<Arrears, Offer> offers) throws RedisAway {
        List<List<String>> answers = access.use((connection, turn) -> {
            List<Future<List<String>>> sent = new ArrayList<>(COUNT);
            for (int key = 0; key < COUNT; key++) {
                sent.add(script.run(connection, keys.get(key), arguments(key, offers))
                        .map(RedisSentinels::texts)
                        .recover(RedisSentinels::unlessFull));
            }
            turn.await(Future.join(sent));
            return sent.stream().map(Future::result).toList();
        });
        for (int key = 0; key < COUNT; key++) {
            Iterator<String> answer = answers.get(key).iterator();
            if (answer.hasNext()) {
                String run = answer.next();
                for (var offer : offers.entrySet()) {
                    take(key, run, answer.next(), offer.getKey(), offer.getValue());
                }
            }
        }
    }

    private List<String> arguments(int key, Map<Arrears, Offer> offers) {
        List<String> arguments = new ArrayList<>(4 * offers.size());
        offers.forEach((shard, offer) -> {
            Watch watch = watches.getOrDefault(shard, new Watch());
            arguments.add(field(shard.shard()));
            arguments.add(watch.runs[key]);
            arguments.add(
                    switch (offer.mode) {
                        case LOOK -> NOWHERE;
                        case RENEW -> watch.stored[key];
                        case FORCE -> WHATEVER;
                    });
            arguments.add(offer.replacement);
        });
        return arguments;
    }

    /**
     * A server without room refuses this and works otherwise: it is not away, or what it has would be left to age.
     */
    private static Future<List<String>> unlessFull(Throwable failure) {
        return failure instanceof Response answer
                        && answer.type() == ResponseType.ERROR
                        // alone, or within the error of a script (Redis before 7)
                        && answer.toString().contains("OOM command not allowed")
                ? Future.succeededFuture(List.of())
                : Future.failedFuture(failure);
    }

    private static List<String> texts(@Nullable Response response) {
        if (response == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>(response.size());
        response.forEach(part -> texts.add(part.toString()));
        return texts;
    }

    private void take(int key, String run, String stored, Arrears shard, Offer offer) {
        Watch watch = watches.get(shard);
        if (watch == null) {
            return;
        }
        boolean same = stored.equals(watch.stored[key]) && run.equals(watch.runs[key]);
        watch.runs[key] = run;
        if (offer.mode == Mode.FORCE || (same && offer.mode == Mode.RENEW)) {
            watch.stored[key] = offer.replacement + " " + run;
        } else if (!same) {
            watch.stored[key] = stored;
            doubt(shard, watch, stored);
        }
    }

    /** Something stands there that is not what this keeper left, or to another run of the server. */
    private static void doubt(Arrears shard, Watch watch, String stored) {
        String[] words = stored.split(" ", -1);
        if (words.length != 3 || !words[0].equals(CLAIM) || !watch.sweep.isEmpty()) {
            // emptied; or in the midst of a sweep, be it of a keeper that is gone
            watch.lost = true;
        }
        if (words.length == 3) {
            try {
                shard.owe(words[1].equals(NOTHING) ? Arrears.ALL : Long.parseLong(words[1]));
            } catch (NumberFormatException _) {
                watch.lost = true;
                shard.owe(Arrears.ALL);
            }
        }
    }

    private static String settled(Arrears shard) {
        OptionalLong settled = shard.settledTo();
        return settled.isPresent() ? Long.toString(settled.getAsLong()) : NOTHING;
    }

    private static String field(ShardKey shard) {
        return shard.stream() + "/" + shard.streamCreated() + "/" + shard.shardId();
    }
}
