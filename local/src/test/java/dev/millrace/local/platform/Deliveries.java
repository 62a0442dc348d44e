package dev.millrace.local.platform;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What a client has under way, by packet id; the library may tell that it is delivered before it tells its id. Thread-safe. */
final class Deliveries {

    /** Under one id more than one may be on its way: those that need no acknowledgement have none of their own. */
    private final Map<Integer, Deque<CompletableFuture<Void>>> underWay = new HashMap<>();

    /** Told before the client had said under which id it sends. */
    private final Map<Integer, Integer> early = new HashMap<>();

    synchronized void sent(int id, CompletableFuture<Void> delivered) {
        Integer told = early.remove(id);
        if (told == null) {
            underWay.computeIfAbsent(id, _ -> new ArrayDeque<>()).add(delivered);
            return;
        }
        if (told > 1) {
            early.put(id, told - 1);
        }
        delivered.complete(null);
    }

    synchronized void completed(int id) {
        Deque<CompletableFuture<Void>> waiting = underWay.get(id);
        CompletableFuture<Void> delivered = waiting == null ? null : waiting.poll();
        if (delivered == null) {
            early.merge(id, 1, Integer::sum);
        } else {
            delivered.complete(null);
        }
    }
}
