package dev.millrace.gateway.http;

import dev.millrace.gateway.ingest.IngestOutcome;
import dev.millrace.gateway.ingest.ItemRefusal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/** The one place where an outcome of ingestion becomes an HTTP answer. */
final class IngestAnswers {

    /** What a refused sender should wait, in seconds. */
    private static final int RETRY_AFTER = 1;

    private static final int RETRY_AFTER_SHUTDOWN = 2;

    /** An answer to {@code POST /sensors}. */
    sealed interface Answer {

        /** 202 with a JSON body. */
        record Ok(String json) implements Answer {}

        record Failed(Problem problem) implements Answer {}
    }

    private IngestAnswers() {}

    static Answer of(IngestOutcome outcome) {
        return switch (outcome) {
            case IngestOutcome.Accepted(int accepted, List<ItemRefusal> rejected) ->
                new Answer.Ok(accepted(accepted, rejected));
            case IngestOutcome.Incomplete incomplete -> new Answer.Failed(incomplete(incomplete));
            case IngestOutcome.NoneValid(boolean single, List<ItemRefusal> rejected) ->
                new Answer.Failed(noneValid(single, rejected));
            case IngestOutcome.Malformed(String detail, int line, int column) ->
                new Answer.Failed(
                        Problem.of(Problem.Code.MALFORMED, detail + " (line " + line + ", column " + column + ")."));
            case IngestOutcome.TooManyReadings(int limit) ->
                new Answer.Failed(
                        Problem.of(Problem.Code.TOO_LARGE, "A body must have at most " + limit + " readings."));
            case IngestOutcome.NotStarted() ->
                new Answer.Failed(Problem.retry(
                        Problem.Code.STREAM_UNAVAILABLE, "The stream has not been reached yet.", RETRY_AFTER));
            case IngestOutcome.ShuttingDown() ->
                new Answer.Failed(Problem.retry(
                        Problem.Code.SHUTTING_DOWN,
                        "Send the request again; another process takes it.",
                        RETRY_AFTER_SHUTDOWN));
        };
    }

    private static String accepted(int accepted, List<ItemRefusal> rejected) {
        if (rejected.isEmpty()) {
            return "{\"accepted\":" + accepted + "}";
        }
        return new JsonObject()
                .put("accepted", accepted)
                .put("rejected", json(rejected))
                .encode();
    }

    private static Problem incomplete(IngestOutcome.Incomplete incomplete) {
        Problem problem = incomplete.overloaded()
                ? Problem.retry(
                        Problem.Code.OVERLOADED,
                        "There was no room for the readings in retry; send them again.",
                        RETRY_AFTER)
                : Problem.retry(
                        Problem.Code.STREAM_UNAVAILABLE,
                        "The readings in retry could not be made durable in time; send them again.",
                        RETRY_AFTER);
        JsonArray retry = new JsonArray(incomplete.retry());
        return problem.with(
                incomplete.rejected().isEmpty()
                        ? Map.of("accepted", incomplete.accepted(), "retry", retry)
                        : Map.of(
                                "accepted",
                                incomplete.accepted(),
                                "retry",
                                retry,
                                "rejected",
                                json(incomplete.rejected())));
    }

    private static Problem noneValid(boolean single, List<ItemRefusal> rejected) {
        Map<String, Object> members = Map.of("accepted", 0, "rejected", json(rejected));
        if (rejected.isEmpty()) {
            return Problem.of(Problem.Code.INVALID_READING, "The array is empty.")
                    .with(members);
        }
        if (rejected.stream().allMatch(refusal -> refusal.code() == ItemRefusal.Code.FORBIDDEN)) {
            return Problem.of(Problem.Code.FORBIDDEN, "The sender may report none of these sensors.")
                    .with(members);
        }
        if (!single) {
            return Problem.of(Problem.Code.INVALID_READING, "No item of the body is a valid reading.")
                    .with(members);
        }
        ItemRefusal only = rejected.getFirst();
        Problem.Code code =
                switch (only.code()) {
                    case INVALID_READING -> Problem.Code.INVALID_READING;
                    case TOO_LARGE -> Problem.Code.TOO_LARGE;
                    case FORBIDDEN -> Problem.Code.FORBIDDEN;
                };
        return Problem.of(code, only.detail() + ".").with(members);
    }

    private static JsonArray json(List<ItemRefusal> rejected) {
        JsonArray array = new JsonArray();
        for (ItemRefusal refusal : rejected) {
            JsonObject item = new JsonObject()
                    .put("index", refusal.index())
                    .put("code", refusal.code().text());
            if (!refusal.field().isEmpty()) {
                item.put("field", refusal.field());
            }
            array.add(item.put("detail", refusal.detail()));
        }
        return array;
    }
}
