package dev.millrace.gateway.publish;

import java.util.List;

/**
 * Where a lane stands between the shard maps that brought it and took it away. Each transition is a method of the state that
 * it leaves.
 *
 * <pre>
 *              the last predecessor moved            a foreign shard accepted its record
 *   Waiting ──────────────────────────────▶ Open ──────────────────────────────────────▶ Resolving
 *      │                                    │  ▲                                          │    │
 *      │                                    │  └──────────────────────────────────────────┘    │
 *      │ its shard is not                   │ likewise        the map contradicts the answer   │ likewise
 *      │ in a new map                       │                                                  │
 *      └──────────────▶ Leaving ◀───────────┴──────────────────────────────────────────────────┘
 *                          │ the last predecessor moved, nothing is in flight: moves what it has
 *                          ▼
 *                       Retired
 * </pre>
 *
 * Only an open lane sends. The other states bound the order across a reshard (G2): a successor sends nothing while a
 * predecessor may have a record of the same sensor in flight, or holds older readings of it.
 */
sealed interface LaneState {

    /** Its readings wait for older ones, which predecessors hold. */
    record Waiting(int predecessors) implements LaneState {

        LaneState predecessorMoved() {
            return predecessors == 1 ? new Open() : new Waiting(predecessors - 1);
        }

        Leaving leave(List<Lane> successors) {
            return new Leaving(predecessors, successors);
        }
    }

    /** It sends. */
    record Open() implements LaneState {

        Resolving acceptedBy(String shardId) {
            return new Resolving(shardId);
        }

        Leaving leave(List<Lane> successors) {
            return new Leaving(0, successors);
        }
    }

    /** Its record in flight lies in a shard that the map does not have: whether it counts is not known yet. */
    record Resolving(String shardId) implements LaneState {

        Leaving leave(List<Lane> successors) {
            return new Leaving(0, successors);
        }
    }

    /** Its shard is gone. It learns its outcome in flight and waits for its own predecessors, then moves what it has. */
    record Leaving(int predecessors, List<Lane> successors) implements LaneState {

        Leaving predecessorMoved() {
            return new Leaving(predecessors - 1, successors);
        }

        Retired moved() {
            return new Retired(successors);
        }
    }

    /** It has moved; what was routed to it and comes late goes on to its successors. */
    record Retired(List<Lane> successors) implements LaneState {}
}
