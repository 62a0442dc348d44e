package dev.millrace.local.kinesis.server;

import dev.millrace.local.kinesis.fault.ArmedFault;
import dev.millrace.local.kinesis.fault.Fault;
import dev.millrace.local.kinesis.fault.FaultRule;
import dev.millrace.local.kinesis.fault.Faults;
import dev.millrace.local.kinesis.protocol.AwsError;
import dev.millrace.local.kinesis.protocol.Operation;
import dev.millrace.local.kinesis.store.StoreCounts;
import dev.millrace.local.kinesis.store.StreamStore;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Faults and counts for other processes and for people with curl, on the API's own port, for clients on this machine:
 *
 * <ul>
 *   <li>{@code POST /_faults} with {@code Content-Type: application/json} (which a web page cannot send unasked) and one
 *       rule, {@code {"fault": "throttle", "operation": "PutRecords", "stream": "s", "shard": "shardId-000000000000",
 *       "share": 0.2, "skip": 10, "times": 5}}, of which only {@code fault} must be there; 201 {@code {"id": 1}}. The
 *       faults: {@code throttle}, {@code failEntries}, {@code failCall} (both with an optional {@code error}, such as
 *       {@code LimitExceededException}), {@code delayCall} and {@code delayAnswer} (with {@code millis} and optionally
 *       {@code maxMillis}), {@code hang}, {@code holdAnswer}, {@code cutBefore}, {@code cutAfter}; and
 *       {@code expireIterators}, which takes nothing else, is done at once and answers 204.
 *   <li>{@code GET /_faults}: the rules in force, with what they struck and hold back.
 *   <li>{@code DELETE /_faults} ends all rules, {@code DELETE /_faults/1} that one: 204, or 404 if it is not in force.
 *   <li>{@code GET /_counts}: {@link StoreCounts}.
 * </ul>
 */
final class ControlRoute {

    private static final String REMOVE = "DELETE /_faults/";
    private static final Set<String> MEMBERS =
            Set.of("fault", "operation", "stream", "shard", "share", "skip", "times", "error", "millis", "maxMillis");

    private final StreamStore store;
    private final Faults faults;

    ControlRoute(StreamStore store, Faults faults) {
        this.store = store;
        this.faults = faults;
    }

    static boolean isFor(String path) {
        return path.startsWith("/_");
    }

    void handle(HttpServerRequest http, String path, Buffer body) {
        if (!isFromThisMachine(http)) {
            refuse(http, 403, "only from this machine");
            return;
        }
        switch (http.method() + " " + path) {
            case "POST /_faults" -> add(http, body);
            case "GET /_faults" -> {
                var rules = new JsonArray();
                faults.active().forEach(armed -> rules.add(describe(armed)));
                send(http, 200, rules.toBuffer());
            }
            case "DELETE /_faults" -> {
                faults.clear();
                http.response().setStatusCode(204).end();
            }
            case "GET /_counts" -> send(http, 200, describe(store.counts()).toBuffer());
            case String route
            when route.startsWith(REMOVE) -> {
                boolean removed = faults.remove(id(route.substring(REMOVE.length())));
                http.response().setStatusCode(removed ? 204 : 404).end();
            }
            default -> refuse(http, 404, "there are POST, GET, DELETE /_faults, DELETE /_faults/{id}, GET /_counts");
        }
    }

    private void add(HttpServerRequest http, Buffer body) {
        String contentType = http.getHeader(HttpHeaders.CONTENT_TYPE);
        if (contentType == null || !contentType.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            refuse(http, 415, "the Content-Type must be application/json");
            return;
        }
        try {
            var json = new JsonObject(body);
            if ("expireIterators".equals(json.getString("fault"))) {
                faults.expireIterators();
                http.response().setStatusCode(204).end();
                return;
            }
            ArmedFault armed = faults.add(rule(json));
            send(http, 201, new JsonObject().put("id", armed.id()).toBuffer());
        } catch (DecodeException _) {
            refuse(http, 400, "the body is not a JSON object");
        } catch (ClassCastException _) {
            refuse(http, 400, "a member has the wrong type");
        } catch (IllegalArgumentException e) {
            refuse(http, 400, String.valueOf(e.getMessage()));
        }
    }

    private static FaultRule rule(JsonObject json) {
        for (String member : json.fieldNames()) {
            if (!MEMBERS.contains(member)) {
                throw new IllegalArgumentException("unknown member " + member);
            }
        }
        return new FaultRule(
                fault(json),
                Optional.ofNullable(json.getString("operation")).map(ControlRoute::operation),
                Optional.ofNullable(json.getString("stream")),
                Optional.ofNullable(json.getString("shard")),
                json.getDouble("share", 1.0),
                json.getLong("skip", 0L),
                json.getLong("times", Long.MAX_VALUE));
    }

    private static Fault fault(JsonObject json) {
        String name = json.getString("fault", "");
        return switch (name) {
            case "throttle" -> Fault.throttle();
            case "failEntries" -> new Fault.RefuseEntries(error(json));
            case "failCall" -> new Fault.RefuseCall(error(json));
            case "delayCall", "delayAnswer" -> {
                long millis = json.getLong("millis", 0L);
                yield new Fault.Delay(
                        Duration.ofMillis(millis),
                        Duration.ofMillis(json.getLong("maxMillis", millis)),
                        name.equals("delayCall"));
            }
            case "hang" -> new Fault.Hang();
            case "holdAnswer" -> new Fault.HoldAnswer();
            case "cutBefore" -> new Fault.CutBefore();
            case "cutAfter" -> new Fault.CutAfter();
            default ->
                throw new IllegalArgumentException("fault must be throttle, failEntries, failCall, delayCall,"
                        + " delayAnswer, hang, holdAnswer, cutBefore, cutAfter or expireIterators");
        };
    }

    private static AwsError error(JsonObject json) {
        String code = json.getString("error", AwsError.INTERNAL_FAILURE.code());
        return AwsError.ofCode(code).orElseThrow(() -> new IllegalArgumentException("unknown error " + code));
    }

    private static Operation operation(String name) {
        return Operation.ofName(name).orElseThrow(() -> new IllegalArgumentException("unknown operation " + name));
    }

    private static JsonObject describe(ArmedFault armed) {
        FaultRule rule = armed.rule();
        var json = new JsonObject()
                .put("id", armed.id())
                .put("fault", rule.fault().toString())
                .put("share", rule.share())
                .put("skip", rule.skip())
                .put("strikes", armed.strikes())
                .put("holding", armed.holding());
        rule.operation().ifPresent(operation -> json.put("operation", operation.awsName()));
        rule.stream().ifPresent(stream -> json.put("stream", stream));
        rule.shard().ifPresent(shard -> json.put("shard", shard));
        if (rule.times() != Long.MAX_VALUE) {
            json.put("times", rule.times());
        }
        return json;
    }

    private static JsonObject describe(StoreCounts counts) {
        return new JsonObject()
                .put("accepted", counts.accepted())
                .put("throttled", counts.throttled())
                .put("refusedByFault", counts.refusedByFault())
                .put("reads", counts.reads())
                .put("readsThrottled", counts.readsThrottled())
                .put("trimmedByRetention", counts.trimmedByRetention())
                .put("trimmedForMemory", counts.trimmedForMemory())
                .put("storedRecords", counts.storedRecords())
                .put("storedBytes", counts.storedBytes());
    }

    private static long id(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    private static boolean isFromThisMachine(HttpServerRequest http) {
        try {
            // the address of a connection is in digits, so nothing is looked up
            return InetAddress.getByName(http.remoteAddress().hostAddress()).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }

    private static void refuse(HttpServerRequest http, int status, String message) {
        send(http, status, new JsonObject().put("message", message).toBuffer());
    }

    private static void send(HttpServerRequest http, int status, Buffer json) {
        http.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(json);
    }
}
