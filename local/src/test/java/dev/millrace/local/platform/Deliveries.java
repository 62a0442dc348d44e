package dev.millrace.local.platform;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** What a client has under way, by packet id; the library may tell that it is delivered before it tells its id. Thread-safe. */
final class Deliveries {

    private final Map<Integer, CompletableFuture<Void>> underWay = new HashMap<>();
    private final Set<Integer> early = new HashSet<>();

    synchronized void sent(int id, CompletableFuture<Void> delivered) {
        if (early.remove(id)) {
            delivered.complete(null);
        } else {
            underWay.put(id, delivered);
        }
    }

    synchronized void completed(int id) {
        CompletableFuture<Void> delivered = underWay.remove(id);
        if (delivered == null) {
            early.add(id);
        } else {
            delivered.complete(null);
        }
    }
}
