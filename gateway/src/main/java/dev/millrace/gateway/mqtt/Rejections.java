package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.ItemRefusal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The last publishes, or items of them, that were no readings: MQTT 3.1.1 cannot tell their senders. Never a value that was sent, but
 * the names of client, topic and field. Thread-safe.
 */
public final class Rejections {

    /** How many are kept. */
    static final int CAPACITY = 1_000;

    /** How many items of one publish are kept. */
    private static final int MAX_OF_ONE = 5;

    /** Longer texts are cut; client ids are shorter. */
    private static final int MAX_TEXT = 256;

    /** Why something was rejected. */
    enum Code {
        INVALID_READING("invalid-reading"),
        TOO_LARGE("too-large"),
        FORBIDDEN("forbidden"),
        MALFORMED("malformed"),
        TOO_MANY("too-many"),
        WRONG_TOPIC("wrong-topic");

        private final String text;

        Code(String text) {
            this.text = text;
        }

        static Code of(ItemRefusal.Code code) {
            return switch (code) {
                case INVALID_READING -> INVALID_READING;
                case TOO_LARGE -> TOO_LARGE;
                case FORBIDDEN -> FORBIDDEN;
            };
        }
    }

    /**
     * One of them.
     *
     * @param field the field to blame; empty where there is none
     */
    record Rejection(Instant at, String clientId, String topic, Code code, String field, String detail) {}

    private final InstantSource clock;
    private final Deque<Rejection> last = new ArrayDeque<>();
    private long total;

    /** None yet. */
    public Rejections(InstantSource clock) {
        this.clock = clock;
    }

    /** Something of a client's was rejected. */
    void add(String clientId, String topic, Code code, String field, String detail) {
        Rejection rejection = new Rejection(
                clock.instant().truncatedTo(ChronoUnit.MILLIS), cut(clientId), cut(topic), code, cut(field), detail);
        synchronized (this) {
            total++;
            if (last.size() == CAPACITY) {
                last.removeFirst();
            }
            last.addLast(rejection);
        }
    }

    /** Keeps what was no reading in a publish. */
    void record(String clientId, String topic, IngestOutcome outcome) {
        switch (outcome) {
            case IngestOutcome.Accepted(int _, List<ItemRefusal> rejected) -> record(clientId, topic, rejected);
            case IngestOutcome.Incomplete incomplete -> record(clientId, topic, incomplete.rejected());
            case IngestOutcome.NoneValid(boolean _, List<ItemRefusal> rejected) -> {
                record(clientId, topic, rejected);
                if (rejected.isEmpty()) {
                    add(clientId, topic, Code.INVALID_READING, "", "The array is empty");
                }
            }
            case IngestOutcome.Malformed(String detail, int line, int column) ->
                add(clientId, topic, Code.MALFORMED, "", detail + " (line " + line + ", column " + column + ")");
            case IngestOutcome.TooManyReadings(int limit) ->
                add(clientId, topic, Code.TOO_MANY, "", "A publish must have at most " + limit + " readings");
            case IngestOutcome.NotStarted _, IngestOutcome.ShuttingDown _ -> {
                // nothing was wrong with it
            }
        }
    }

    /** The first of them, and how many: one publish must not take the place of all others. */
    private void record(String clientId, String topic, List<ItemRefusal> rejected) {
        for (ItemRefusal refusal : rejected.subList(0, Math.min(rejected.size(), MAX_OF_ONE))) {
            add(clientId, topic, Code.of(refusal.code()), refusal.field(), refusal.detail());
        }
        synchronized (this) {
            total += Math.max(0, rejected.size() - MAX_OF_ONE);
        }
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }

    /** How many there have been, and the last of them, the newest first. */
    public synchronized String toJson() {
        JsonArray array = new JsonArray();
        for (Iterator<Rejection> newest = last.descendingIterator(); newest.hasNext(); ) {
            Rejection rejection = newest.next();
            JsonObject item = new JsonObject()
                    .put("at", rejection.at.toString())
                    .put("clientId", rejection.clientId)
                    .put("topic", rejection.topic)
                    .put("code", rejection.code.text);
            if (!rejection.field.isEmpty()) {
                item.put("field", rejection.field);
            }
            array.add(item.put("detail", rejection.detail));
        }
        return new JsonObject().put("rejections", array).put("total", total).encode();
    }
}
