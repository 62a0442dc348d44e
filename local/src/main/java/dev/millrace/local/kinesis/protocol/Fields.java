package dev.millrace.local.kinesis.protocol;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.core.wire.HashKey;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The members of a request's body as they came, each of the type that the API gives its name; members of other names
 * are passed over, as AWS does. A member's name means the same type in every operation, so one reader serves them all.
 */
final class Fields {

    /** The most entries of a PutRecords. */
    static final int MAX_ENTRIES = 500;

    /** The most bytes of one record, data and partition key: the limit that streams have unless it is raised. */
    static final int MAX_RECORD_BYTES = 1024 * 1024;

    /** The most bytes of a PutRecords, data and partition keys. */
    static final int MAX_CALL_BYTES = 5 * 1024 * 1024;

    private static final int MAX_PARTITION_KEY_LENGTH = 256;
    private static final Pattern HASH_KEY = Pattern.compile("0|([1-9]\\d{0,38})");

    private final WireFormat format;
    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private final Map<String, Instant> timestamps = new HashMap<>();
    private @Nullable List<PutEntry> entries;
    private byte @Nullable [] data;

    private Fields(WireFormat format) {
        this.format = format;
    }

    /** Reads a body, which must be one object and nothing after it; an empty body is an empty object. */
    static Fields read(WireFormat format, byte[] body) throws IOException {
        var fields = new Fields(format);
        if (body.length == 0) {
            return fields;
        }
        try (JsonParser parser = format.parser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw AwsError.SERIALIZATION.because("the body is not an object");
            }
            fields.readObject(parser, "");
            if (parser.nextToken() != null) {
                throw AwsError.SERIALIZATION.because("something follows the body's object");
            }
        }
        return fields;
    }

    private void readObject(JsonParser parser, String prefix) throws IOException {
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.VALUE_NULL) {
                continue;
            }
            String key = prefix.isEmpty() ? name : prefix + name;
            switch (name) {
                case "StreamName",
                        "StreamARN",
                        "ShardId",
                        "ShardIteratorType",
                        "StartingSequenceNumber",
                        "ShardIterator",
                        "NextToken",
                        "ExclusiveStartShardId",
                        "ExclusiveStartStreamName",
                        "PartitionKey",
                        "ExplicitHashKey",
                        "SequenceNumberForOrdering",
                        "ShardToSplit",
                        "NewStartingHashKey",
                        "ShardToMerge",
                        "AdjacentShardToMerge",
                        "ScalingType",
                        "StreamMode",
                        "ConsumerName",
                        "ConsumerARN",
                        "SequenceNumber",
                        "Type" -> texts.put(key, readText(parser, name));
                case "ShardCount", "Limit", "MaxResults", "TargetShardCount", "RetentionPeriodHours" ->
                    numbers.put(key, readInteger(parser, name));
                case "Timestamp", "StreamCreationTimestamp" -> timestamps.put(key, format.readTimestamp(parser, name));
                case "Data" -> data = format.readBlob(parser, name);
                case "Records" -> entries = readEntries(parser);
                case "ShardFilter", "StreamModeDetails", "StartingPosition" -> readNested(parser, name);
                default -> parser.skipChildren();
            }
        }
        if (parser.currentToken() != JsonToken.END_OBJECT) {
            throw AwsError.SERIALIZATION.because("the body ends too early");
        }
    }

    private void readNested(JsonParser parser, String name) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw AwsError.SERIALIZATION.because(name + " is not an object");
        }
        readObject(parser, name + ".");
    }

    private List<PutEntry> readEntries(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw AwsError.SERIALIZATION.because("Records is not a list");
        }
        var read = new ArrayList<PutEntry>();
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            if (read.size() == MAX_ENTRIES) {
                throw constraint("records", "Member must have length less than or equal to " + MAX_ENTRIES);
            }
            read.add(readEntry(parser));
        }
        if (parser.currentToken() != JsonToken.END_ARRAY) {
            throw AwsError.SERIALIZATION.because("an entry of Records is not an object");
        }
        return read;
    }

    private PutEntry readEntry(JsonParser parser) throws IOException {
        @Nullable String partitionKey = null;
        @Nullable String explicitHashKey = null;
        byte @Nullable [] content = null;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            if (parser.nextToken() == JsonToken.VALUE_NULL) {
                continue;
            }
            switch (name) {
                case "PartitionKey" -> partitionKey = readText(parser, name);
                case "ExplicitHashKey" -> explicitHashKey = readText(parser, name);
                case "Data" -> content = format.readBlob(parser, name);
                default -> parser.skipChildren();
            }
        }
        return entry(partitionKey, explicitHashKey, content);
    }

    private static PutEntry entry(
            @Nullable String partitionKey, @Nullable String explicitHashKey, byte @Nullable [] content) {
        if (content == null) {
            throw constraint("data", "Member must not be null");
        }
        if (partitionKey == null) {
            throw constraint("partitionKey", "Member must not be null");
        }
        if (partitionKey.isEmpty() || partitionKey.length() > MAX_PARTITION_KEY_LENGTH) {
            throw constraint(
                    "partitionKey",
                    "Member must have length greater than or equal to 1 and less than or equal to "
                            + MAX_PARTITION_KEY_LENGTH);
        }
        HashKey hashKey = explicitHashKey == null
                ? HashKey.ofPartitionKey(partitionKey)
                : parseHashKey("ExplicitHashKey", explicitHashKey);
        var entry = new PutEntry(partitionKey, hashKey, content);
        if (entry.size() > MAX_RECORD_BYTES) {
            throw constraint("data", "Member must have length less than or equal to " + MAX_RECORD_BYTES);
        }
        return entry;
    }

    private static HashKey parseHashKey(String name, String text) {
        if (!HASH_KEY.matcher(text).matches()) {
            throw constraint(name, "Member must satisfy regular expression pattern: " + HASH_KEY.pattern());
        }
        try {
            return HashKey.parse(text);
        } catch (IllegalArgumentException _) {
            throw AwsError.INVALID_ARGUMENT.because("Invalid " + name + ". It is not between 0 and 2^128 - 1.");
        }
    }

    private static String readText(JsonParser parser, String name) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw AwsError.SERIALIZATION.because(name + " is not a string");
        }
        return parser.getText();
    }

    private static long readInteger(JsonParser parser, String name) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw AwsError.SERIALIZATION.because(name + " is not an integer");
        }
        return parser.getLongValue();
    }

    /** The one record of PutRecord. */
    PutEntry entry() {
        return entry(texts.get("PartitionKey"), texts.get("ExplicitHashKey"), data);
    }

    /** The records of PutRecords. */
    List<PutEntry> entries() {
        List<PutEntry> given = entries;
        if (given == null) {
            throw constraint("records", "Member must not be null");
        }
        if (given.isEmpty()) {
            throw constraint("records", "Member must have length greater than or equal to 1");
        }
        int bytes = 0;
        for (PutEntry entry : given) {
            bytes += entry.size();
        }
        if (bytes > MAX_CALL_BYTES) {
            throw AwsError.INVALID_ARGUMENT.because("Records size exceeds 5 MB limit");
        }
        return given;
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(texts.get(name));
    }

    /** A text that the pattern matches. */
    Optional<String> text(String name, Pattern pattern, int maxLength) {
        Optional<String> given = text(name);
        given.ifPresent(text -> {
            if (text.isEmpty() || text.length() > maxLength) {
                throw constraint(
                        name,
                        "Member must have length greater than or equal to 1 and less than or equal to " + maxLength);
            }
            if (!pattern.matcher(text).matches()) {
                throw constraint(name, "Member must satisfy regular expression pattern: " + pattern.pattern());
            }
        });
        return given;
    }

    String required(String name, Optional<String> given) {
        return given.orElseThrow(() -> constraint(name, "Member must not be null"));
    }

    HashKey hashKey(String name) {
        return parseHashKey(name, required(name, text(name)));
    }

    Optional<Instant> timestamp(String name) {
        return Optional.ofNullable(timestamps.get(name));
    }

    /** A whole number in the bounds, both included. */
    Optional<Integer> integer(String name, int min, int max) {
        @Nullable Long given = numbers.get(name);
        if (given == null) {
            return Optional.empty();
        }
        if (given < min) {
            throw constraint(name, "Member must have value greater than or equal to " + min);
        }
        if (given > max) {
            throw constraint(name, "Member must have value less than or equal to " + max);
        }
        return Optional.of(given.intValue());
    }

    int requiredInteger(String name, int min, int max) {
        return integer(name, min, max).orElseThrow(() -> constraint(name, "Member must not be null"));
    }

    /** The answer to a member that breaks the API's model. The value is left out: it may be long, or a secret. */
    private static AwsFailure constraint(String name, String rule) {
        String member = Character.toLowerCase(name.charAt(0)) + name.substring(1);
        return AwsError.VALIDATION.because(
                "1 validation error detected: Value at '" + member + "' failed to satisfy constraint: " + rule);
    }
}
