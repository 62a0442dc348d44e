package dev.millrace.gateway.mqtt;

import dev.millrace.gateway.ingest.ItemRefusal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The last publishes, or items of them, that were no readings: MQTT 3.1.1 cannot tell their senders. Never a value that was sent, but
 * the names of client, topic and field. Thread-safe.
 */
public final class Rejections {

    /** How many are kept. */
    static final int CAPACITY = 1_000;

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
