package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static dev.millrace.local.kinesis.SignedHttp.error;
import static dev.millrace.local.kinesis.SignedHttp.json;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol itself: AWS JSON 1.1 by hand, and everything that is malformed. */
class WireProtocolTest {

    private final KinesisRig rig = new KinesisRig(KinesisRig.config(1));
    private final SignedHttp http = new SignedHttp(rig.emulator.endpoint());

    @AfterEach
    void close() {
        http.close();
        rig.close();
    }

    @Test
    void speaksJson() {
        String data = Base64.getEncoder().encodeToString("hällo".getBytes(StandardCharsets.UTF_8));
        HttpResponse<byte[]> put = http.call("PutRecords", """
                {"StreamName": "readings", "Records": [{"PartitionKey": "k", "Data": "%s", "Unknown": [{}]}]}""".formatted(data));
        assertEquals(200, put.statusCode());
        assertEquals(
                "application/x-amz-json-1.1",
                put.headers().firstValue("Content-Type").orElseThrow());
        assertTrue(put.headers().firstValue("x-amzn-RequestId").orElseThrow().matches("[0-9a-f-]{36}"));
        assertEquals(
                "Fri, 01 May 2026 10:00:00 GMT",
                put.headers().firstValue("Date").orElseThrow());
        assertEquals(0, json(put).getInteger("FailedRecordCount"));

        String iterator =
                json(http.call("GetShardIterator", """
                {"StreamName": "readings", "ShardId": "%s", "ShardIteratorType": "AT_TIMESTAMP",
                 "Timestamp": 1777629600.123}""".formatted(SHARD_0))).getString("ShardIterator");
        HttpResponse<byte[]> got = http.call("GetRecords", "{\"ShardIterator\": \"" + iterator + "\"}");
        var record = json(got).getJsonArray("Records").getJsonObject(0);
        assertEquals(data, record.getString("Data"));
        assertEquals("k", record.getString("PartitionKey"));
        assertTrue(new String(got.body(), StandardCharsets.UTF_8)
                .contains("\"ApproximateArrivalTimestamp\":1777629600.123"));
    }

    @Test
    void anAnswerWithoutMembersHasNoBody() {
        HttpResponse<byte[]> created = http.call("CreateStream", "{\"StreamName\": \"s\", \"ShardCount\": 1}");

        assertEquals(200, created.statusCode());
        assertEquals(0, created.body().length);
    }

    @Test
    void answersInTheFormatOfTheRequest() throws IOException {
        Map<String, String> headers = SignedHttp.headers("DescribeStreamSummary");
        headers.put("Content-Type", "application/x-amz-cbor-1.1");
        HttpResponse<byte[]> refused = http.call(headers, cbor("StreamName", "none"));

        assertEquals(400, refused.statusCode());
        assertEquals(
                "application/x-amz-cbor-1.1",
                refused.headers().firstValue("Content-Type").orElseThrow());
        try (var parser = new CBORFactory().createParser(refused.body())) {
            parser.nextToken();
            assertEquals("__type", parser.nextFieldName());
            assertEquals("ResourceNotFoundException", parser.nextTextValue());
        }
        // 1777629600123 under tag 1, as the service writes a time in CBOR
        byte[] summary = http.call(headers, cbor("StreamName", STREAM)).body();
        byte[] created = {(byte) 0xc1, 0x1b, 0, 0, 0x01, (byte) 0x9d, (byte) 0xe2, (byte) 0xfb};
        assertTrue(indexOf(summary, created) > 0);
    }

    @Test
    void refusesWhoDoesNotSign() {
        Map<String, String> unsigned = SignedHttp.headers("ListStreams");
        unsigned.remove("Authorization");
        assertEquals("400 MissingAuthenticationTokenException", error(http.call(unsigned, bytes("{}"))));

        for (String bad : List.of(
                "Bearer x",
                SignedHttp.AUTHORIZATION.replace("0f0f", "0f"),
                SignedHttp.AUTHORIZATION.replace("/kinesis/", "/s3/"),
                SignedHttp.AUTHORIZATION.replace("SignedHeaders", "Headers"),
                SignedHttp.AUTHORIZATION.replace("aws4_request", "aws5_request"))) {
            Map<String, String> malformed = SignedHttp.headers("ListStreams");
            malformed.put("Authorization", bad);
            assertEquals("400 IncompleteSignatureException", error(http.call(malformed, bytes("{}"))), bad);
        }
        Map<String, String> undated = SignedHttp.headers("ListStreams");
        undated.remove("X-Amz-Date");
        assertEquals("400 IncompleteSignatureException", error(http.call(undated, bytes("{}"))));
    }

    @Test
    void refusesOperationsThatItDoesNotHave() {
        assertEquals("400 UnknownOperationException", error(http.call("PutResourcePolicy", "{}")));
        Map<String, String> other = SignedHttp.headers("ListStreams");
        other.put("X-Amz-Target", "DynamoDB_20120810.ListTables");
        assertEquals("400 UnknownOperationException", error(http.call(other, bytes("{}"))));
        other.remove("X-Amz-Target");
        assertEquals("400 UnknownOperationException", error(http.call(other, bytes("{}"))));
        Map<String, String> html = SignedHttp.headers("ListStreams");
        html.put("Content-Type", "text/html");
        assertEquals("400 UnknownOperationException", error(http.call(html, bytes("{}"))));
        assertEquals(404, http.send("GET", "/", "text/html", "").statusCode());
        assertEquals(
                404,
                http.send("POST", "/other", "application/x-amz-json-1.1", "{}").statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "null",
                "17",
                "{} {}",
                "{\"StreamName\": 17}",
                "{\"StreamName\": [\"readings\"]}",
                "{\"StreamName\": \"readings\", \"Records\": {}}",
                "{\"StreamName\": \"readings\", \"Records\": [17]}",
                "{\"StreamName\": \"readings\", \"Records\": [{\"PartitionKey\": \"k\", \"Data\": 17}]}",
                "{\"StreamName\": \"readings\", \"Records\": [{\"PartitionKey\": \"k\", \"Data\": \"?\"}]}",
                "{\"StreamName\": \"readings\", \"Records\": [{\"PartitionKey\": \"k\", \"Data\": \"YQ==\"}",
                "{\"StreamName\": \"readings\", \"Records\": [{\"PartitionKey\": \"k\", \"Data\": \"YQ==\"}]",
                "{\"Limit\": 1e400}",
                "{\"Limit\": 99999999999999999999}",
                "{\"Timestamp\": \"yesterday\"}",
                "{\"Timestamp\": 1e300}",
                "\u00ff"
            })
    void aMalformedBodyIsASerializationException(String body) {
        assertEquals("400 SerializationException", error(http.call("PutRecords", body)));
        assertEquals(0, rig.emulator.counts().accepted());
    }

    @Test
    void aMissingMemberIsAnErrorOfTheClient() {
        assertEquals("400 ValidationException", error(http.call("PutRecords", "{\"StreamName\": \"readings\"}")));
        assertEquals("400 InvalidArgumentException", error(http.call("PutRecords", """
                {"Records": [{"PartitionKey": "k", "Data": "YQ=="}]}""")));
        assertEquals("400 ValidationException", error(http.call("PutRecords", """
                {"StreamName": "readings", "Records": [{"Data": "YQ=="}]}""")));
        assertEquals("400 ValidationException", error(http.call("PutRecords", """
                {"StreamName": "readings", "Records": [{"PartitionKey": "k"}]}""")));
        assertEquals("400 ValidationException", error(http.call("GetRecords", "")));
        assertEquals("400 ValidationException", error(http.call("CreateStream", "{\"StreamName\": \"s\"}")));
        assertEquals("400 ResourceNotFoundException", error(http.call("PutRecords", """
                {"StreamName": "none", "Records": [{"PartitionKey": "k", "Data": "YQ=="}]}""")));
    }

    @Test
    void aBadEntryFailsTheWholeCall() {
        assertEquals("400 ValidationException", error(http.call("PutRecords", """
                {"StreamName": "readings", "Records": [
                  {"PartitionKey": "k", "Data": "YQ=="}, {"PartitionKey": "", "Data": "YQ=="}]}""")));
        assertEquals(0, rig.emulator.counts().accepted());
    }

    @Test
    void noBytesMakeItFail() {
        var random = new Random(7);
        Map<String, String> headers = SignedHttp.headers("PutRecords");
        headers.put("Content-Type", "application/x-amz-cbor-1.1");
        for (int i = 0; i < 500; i++) {
            byte[] body = new byte[random.nextInt(1, 60)];
            random.nextBytes(body);
            if (i % 2 == 0) {
                body[0] = (byte) 0xbf;
            }
            assertEquals(400, http.call(headers, body).statusCode(), Arrays.toString(body));
        }
        assertEquals(200, http.call("ListStreams", "{}").statusCode());
    }

    @Test
    void nothingOfAnAttackIsTooDeep() {
        assertEquals(
                "400 SerializationException",
                error(http.call("ListStreams", "{\"a\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}")));
        assertEquals(
                "400 SerializationException",
                error(http.call("ListStreams", "{\"ShardFilter\": ".repeat(50_000) + "1" + "}".repeat(50_000))));
    }

    @Test
    void aBodyBeyondEveryLimitIsRefused() {
        assertEquals(413, http.call("PutRecords", " ".repeat(9 * 1024 * 1024)).statusCode());
        assertEquals(200, http.call("ListStreams", "{}").statusCode());
    }

    @Test
    void noErrorTellsWhatWasSent() {
        HttpResponse<byte[]> refused = http.call("PutRecords", "{\"StreamName\": secret-payload");

        assertFalse(new String(refused.body(), StandardCharsets.UTF_8).contains("secret-payload"));
    }

    private static byte[] cbor(String name, String value) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var generator = new CBORFactory().createGenerator(out)) {
            generator.writeStartObject();
            generator.writeStringField(name, value);
            generator.writeEndObject();
        }
        assertArrayEquals(new byte[] {(byte) 0xbf}, Arrays.copyOf(out.toByteArray(), 1));
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static int indexOf(byte[] bytes, byte[] part) {
        for (int i = 0; i + part.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
                return i;
            }
        }
        return -1;
    }
}
