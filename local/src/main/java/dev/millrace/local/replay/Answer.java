package dev.millrace.local.replay;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** What the gateway answered to an array of readings. Indexes count from 0 in the array sent. */
sealed interface Answer {

    /** Every reading has its verdict: those not in {@code rejected} are accepted. */
    record Settled(List<Rejection> rejected) implements Answer {
        public Settled {
            rejected = List.copyOf(rejected);
        }
    }

    /** Some readings are to be sent again; those neither in {@code retry} nor in {@code rejected} are accepted. */
    record Partly(List<Rejection> rejected, List<Integer> retry, Duration after) implements Answer {
        public Partly {
            rejected = List.copyOf(rejected);
            retry = List.copyOf(retry);
        }
    }

    /** Nothing is known to be accepted; everything is to be sent again, which is safe for what was. */
    record Later(String reason, Duration after) implements Answer {}

    /** Sending again would not help. */
    record Refused(String reason) implements Answer {}

    /** A reading that the gateway will never accept. */
    record Rejection(int index, String reason) {}

    /**
     * Reads an answer of {@code POST /sensors}.
     *
     * @param retryAfter the header of that name
     * @param sent how many readings the array had
     */
    static Answer of(int status, Optional<String> retryAfter, String body, int sent) {
        Optional<JsonObject> json = json(body);
        Duration after = retryAfter.map(Answer::seconds).orElse(Duration.ZERO);
        return switch (status) {
            case 202 ->
                json.flatMap(object -> settled(object, object.getValue("accepted", -1), sent))
                        .orElse(new Refused("HTTP 202, but its counts do not add up to the " + sent + " sent"));
            case 403, 413, 422 ->
                json.flatMap(object -> settled(object, 0, sent)).orElse(refused(status, json));
            case 503 ->
                json.flatMap(object -> partly(object, sent, after)).orElse(new Later(described(status, json), after));
            case 408, 429, 500, 502, 504 -> new Later(described(status, json), after);
            default -> refused(status, json);
        };
    }

    private static Optional<Answer> settled(JsonObject object, Object accepted, int sent) {
        var seen = new BitSet(sent);
        return rejections(object, seen, sent)
                .filter(rejected -> accepted instanceof Integer count && count + rejected.size() == sent)
                .map(Settled::new);
    }

    private static Optional<Answer> partly(JsonObject object, int sent, Duration after) {
        var seen = new BitSet(sent);
        Optional<List<Rejection>> rejected = rejections(object, seen, sent);
        if (rejected.isEmpty() || !(object.getValue("retry") instanceof JsonArray array)) {
            return Optional.empty();
        }
        List<Integer> retry = new ArrayList<>();
        for (Object item : array) {
            if (!(item instanceof Integer index) || !isNew(index, seen, sent)) {
                return Optional.empty();
            }
            retry.add(index);
        }
        retry.sort(Integer::compare); // the file's order is the order of sending
        boolean complete = object.getValue("accepted") instanceof Integer count && count + seen.cardinality() == sent;
        return complete ? Optional.of(new Partly(rejected.get(), retry, after)) : Optional.empty();
    }

    /** The rejected readings, noted in {@code seen}; empty if the list is not one. */
    private static Optional<List<Rejection>> rejections(JsonObject object, BitSet seen, int sent) {
        if (!(object.getValue("rejected", new JsonArray()) instanceof JsonArray array)) {
            return Optional.empty();
        }
        List<Rejection> rejections = new ArrayList<>();
        for (Object item : array) {
            if (!(item instanceof JsonObject rejection)
                    || !(rejection.getValue("index") instanceof Integer index)
                    || !isNew(index, seen, sent)) {
                return Optional.empty();
            }
            rejections.add(new Rejection(index, detail(rejection)));
        }
        return Optional.of(rejections);
    }

    private static boolean isNew(int index, BitSet seen, int sent) {
        if (index < 0 || index >= sent || seen.get(index)) {
            return false;
        }
        seen.set(index);
        return true;
    }

    private static String detail(JsonObject item) {
        Object code = item.getValue("code");
        Object detail = item.getValue("detail");
        return code + (detail == null ? "" : ": " + detail);
    }

    private static Refused refused(int status, Optional<JsonObject> json) {
        return new Refused(described(status, json));
    }

    private static String described(int status, Optional<JsonObject> json) {
        return "HTTP " + status
                + json.filter(object -> object.getValue("code") != null)
                        .map(object -> " " + detail(object))
                        .orElse("");
    }

    private static Optional<JsonObject> json(String body) {
        try {
            return body.isBlank() ? Optional.empty() : Optional.of(new JsonObject(body));
        } catch (DecodeException e) {
            return Optional.empty();
        }
    }

    /** Retry-After in its form in seconds (RFC 9110, 10.2.3); its other form, a date, counts as none. */
    private static Duration seconds(String text) {
        try {
            return Duration.ofSeconds(Math.clamp(Long.parseLong(text.strip()), 0, 3600));
        } catch (NumberFormatException e) {
            return Duration.ZERO;
        }
    }
}
