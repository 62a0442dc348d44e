package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.entry;
import static dev.millrace.local.kinesis.KinesisRig.errorOf;
import static dev.millrace.local.kinesis.SignedHttp.json;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonArray;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Faults and counts as another process reaches them. */
class ControlRouteTest {

    private final KinesisRig rig = new KinesisRig(KinesisRig.config(1));
    private final SignedHttp http = new SignedHttp(rig.emulator.endpoint());

    @AfterEach
    void close() {
        http.close();
        rig.close();
    }

    @Test
    void setsListsAndEndsFaults() {
        HttpResponse<byte[]> set = post("""
                {"fault": "failEntries", "operation": "PutRecords", "stream": "readings",
                 "shard": "shardId-000000000000", "share": 1, "skip": 1, "times": 1}""");
        assertEquals(201, set.statusCode());
        assertEquals(
                1,
                rig.putAll(List.of(entry("k", "1"), entry("k", "2"), entry("k", "3")))
                        .failedRecordCount());

        var rules = new JsonArray(
                new String(http.send("GET", "/_faults", "text/plain", "").body(), StandardCharsets.UTF_8));
        assertEquals(1, rules.size());
        assertEquals(json(set).getLong("id"), rules.getJsonObject(0).getLong("id"));
        assertEquals(1, rules.getJsonObject(0).getInteger("strikes"));
        assertEquals("PutRecords", rules.getJsonObject(0).getString("operation"));

        String path = "/_faults/" + json(set).getLong("id");
        assertEquals(204, http.send("DELETE", path, "text/plain", "").statusCode());
        assertEquals(404, http.send("DELETE", path, "text/plain", "").statusCode());
        assertEquals(
                201,
                post("{\"fault\": \"failCall\", \"error\": \"LimitExceededException\"}")
                        .statusCode());
        assertEquals("LimitExceededException", errorOf(() -> rig.put("k", "x")));
        assertEquals(204, http.send("DELETE", "/_faults", "text/plain", "").statusCode());
        assertEquals("none", errorOf(() -> rig.put("k", "x")));
    }

    @Test
    void expiresIterators() {
        String iterator = rig.iterator(SHARD_0, ShardIteratorType.LATEST);
        assertEquals(204, post("{\"fault\": \"expireIterators\"}").statusCode());

        assertEquals("ExpiredIteratorException", errorOf(() -> rig.get(iterator)));
    }

    @Test
    void tellsCounts() {
        rig.put("k", "x");

        assertEquals(1, json(http.send("GET", "/_counts", "text/plain", "")).getInteger("accepted"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "throttle",
                "failEntries",
                "failCall",
                "delayCall",
                "delayAnswer",
                "hang",
                "holdAnswer",
                "cutBefore",
                "cutAfter"
            })
    void knowsEveryFault(String fault) {
        assertEquals(
                201,
                post("{\"fault\": \"" + fault + "\", \"millis\": 1, \"maxMillis\": 2}")
                        .statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}",
                "{\"fault\": \"none\"}",
                "{\"fault\": 17}",
                "{\"fault\": \"throttle\", \"share\": 2}",
                "{\"fault\": \"throttle\", \"share\": \"all\"}",
                "{\"fault\": \"throttle\", \"operation\": \"Put\"}",
                "{\"fault\": \"throttle\", \"shards\": \"typo\"}",
                "{\"fault\": \"throttle\", \"times\": 0}",
                "{\"fault\": \"failCall\", \"error\": \"Nothing\"}",
                "{\"fault\": \"delayCall\", \"millis\": -1}"
            })
    void refusesWhatItDoesNotUnderstand(String body) {
        assertEquals(400, post(body).statusCode());
        assertEquals(List.of(), rig.emulator.faults().active());
    }

    @Test
    void takesNothingThatAWebPageCouldSend() {
        assertEquals(
                415,
                http.send("POST", "/_faults", "text/plain", "{\"fault\": \"hang\"}")
                        .statusCode());
        assertEquals(404, http.send("GET", "/_other", "text/plain", "").statusCode());
    }

    private HttpResponse<byte[]> post(String json) {
        return http.send("POST", "/_faults", "application/json", json);
    }
}
