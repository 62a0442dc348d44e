package dev.millrace.local.kinesis;

import static dev.millrace.local.kinesis.KinesisRig.SHARD_0;
import static dev.millrace.local.kinesis.KinesisRig.STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The {@code aws} command against the emulator, where it is installed. */
class AwsCliTest {

    @Test
    void theAwsCommandMakesPutsAndReadsAStream() throws IOException, InterruptedException {
        Assumptions.assumeTrue(isInstalled(), "the aws command is not on the PATH");
        try (var rig = new KinesisRig(KinesisRig.config(1))) {
            aws(rig, "create-stream", "--stream-name", "other", "--shard-count", "2");
            assertEquals(
                    "[\"other\",\"readings\"]",
                    aws(rig, "list-streams").getJsonArray("StreamNames").encode());
            assertEquals(
                    SHARD_0,
                    aws(rig, "put-record", "--stream-name", STREAM, "--partition-key", "k", "--data", "aGk=")
                            .getString("ShardId"));
            String iterator = aws(
                            rig,
                            "get-shard-iterator",
                            "--stream-name",
                            STREAM,
                            "--shard-id",
                            SHARD_0,
                            "--shard-iterator-type",
                            "TRIM_HORIZON")
                    .getString("ShardIterator");
            JsonObject got = aws(rig, "get-records", "--shard-iterator", iterator);

            assertEquals(1, got.getJsonArray("Records").size());
            assertEquals("k", got.getJsonArray("Records").getJsonObject(0).getString("PartitionKey"));
            // a number of seconds by version 1 of the command, local time by version 2
            Object arrived = got.getJsonArray("Records").getJsonObject(0).getValue("ApproximateArrivalTimestamp");
            assertTrue(arrived.equals(1777629600.123) || arrived.toString().contains(":00.123"), arrived.toString());
        }
    }

    private static JsonObject aws(KinesisRig rig, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(
                List.of("aws", "--endpoint-url", rig.emulator.endpoint().toString(), "kinesis"));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("AWS_ACCESS_KEY_ID", "key");
        builder.environment().put("AWS_SECRET_ACCESS_KEY", "secret");
        builder.environment().put("AWS_DEFAULT_REGION", "eu-central-1");
        builder.environment().put("AWS_DEFAULT_OUTPUT", "json");
        builder.environment().put("AWS_PAGER", "");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(120, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return output.isBlank() ? new JsonObject() : new JsonObject(output);
    }

    private static boolean isInstalled() {
        try {
            Process version = new ProcessBuilder("aws", "--version").start();
            version.getInputStream().readAllBytes();
            return version.waitFor() == 0;
        } catch (IOException | InterruptedException _) {
            return false;
        }
    }
}
