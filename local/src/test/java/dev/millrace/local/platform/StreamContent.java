package dev.millrace.local.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.core.reading.Decoded;
import dev.millrace.core.reading.Measurement;
import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingDecoder;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.reading.ReadingLimits;
import dev.millrace.core.reading.Rfc3339;
import dev.millrace.core.wire.StreamRecord;
import dev.millrace.core.wire.UserRecord;
import dev.millrace.local.kinesis.KinesisEmulator;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must be stored, told from what the stream holds by the plain words of the contract: the first of each identity stays, a
 * series is watched strictly forward in time, what is no reading is a dead letter.
 */
final class StreamContent {

    private static final double TOO_HOT = 90;

    /** Rows as {@code sensor|measurement|microseconds|value}. */
    final Set<String> rows = new TreeSet<>();

    /** Anomalies as {@code sensor|opened|closed}, microseconds, {@code null} for one that is open. */
    final Set<String> anomalies = new TreeSet<>();

    /** Dead letters as {@code sequence number|sub-sequence number}. */
    final Set<String> deadLetters = new TreeSet<>();

    /** The identities of all readings, as {@code sensor@microseconds}. */
    final Set<String> readings = new HashSet<>();

    long userRecords;

    private final ReadingDecoder decoder = new ReadingDecoder(ReadingLimits.DEFAULT, ReadingEncoder.MAX_LINE_BYTES);
    private final Set<String> identities = new HashSet<>();
    private final Map<String, Long> lastFed = new HashMap<>();
    private final Map<String, Long> open = new HashMap<>();

    static StreamContent read(KinesisEmulator kinesis, String stream) {
        StreamContent content = new StreamContent();
        // oldest first: a sensor's readings before a split or merge come before those behind it
        kinesis.shards(stream)
                .forEach(shard -> kinesis.records(stream, shard.id()).forEach(record -> {
                    List<UserRecord> records =
                            switch (StreamRecord.decode(record.partitionKey(), record.data())) {
                                case StreamRecord.Plain(UserRecord one) -> List.of(one);
                                // made before a reshard, and sent again by its producer
                                case StreamRecord.Aggregate aggregate ->
                                    aggregate.belongsTo(shard.range()) ? aggregate.records() : List.of();
                            };
                    records.forEach(one -> content.add(record.sequenceNumber(), one));
                }));
        content.open.forEach((sensor, opened) -> content.anomalies.add(sensor + "|" + opened + "|null"));
        return content;
    }

    /** PostgreSQL holds exactly this, each thing once. */
    void assertStored(Services services) throws SQLException {
        assertSame("rows", rows, Stored.rows(services));
        assertSame("anomalies", anomalies, Stored.anomalies(services));
        assertSame("dead letters", deadLetters, Stored.deadLetters(services));
        assertEquals(userRecords, Stored.userRecords(services), "user records committed");
    }

    /** The same entries, each once; a difference is told by its size and an example. */
    private static void assertSame(String what, Set<String> expected, List<String> actual) {
        Set<String> missing = new TreeSet<>(expected);
        actual.forEach(missing::remove);
        Set<String> unexpected = new TreeSet<>(actual);
        unexpected.removeAll(expected);
        assertEquals(
                "0 missing, 0 unexpected, 0 twice",
                missing.size() + " missing, " + unexpected.size() + " unexpected, "
                        + (actual.size() - new HashSet<>(actual).size()) + " twice",
                () -> what + ", such as " + missing.stream().findFirst() + ", "
                        + unexpected.stream().findFirst());
    }

    @Override
    public String toString() {
        return userRecords + " user records in the stream, " + rows.size() + " rows, " + anomalies.size()
                + " anomalies, " + deadLetters.size() + " dead letters";
    }

    private void add(String sequenceNumber, UserRecord record) {
        userRecords++;
        List<Reading> decoded = new ArrayList<>();
        if (decoder.decode(record.data(), Rfc3339.MAX_MICROS, () -> 0) instanceof Decoded.Batch batch
                && batch.single()) {
            decoded.addAll(batch.readings());
        }
        if (decoded.isEmpty()) {
            deadLetters.add(sequenceNumber + "|" + record.subSequenceNumber());
        }
        decoded.forEach(this::add);
    }

    private void add(Reading reading) {
        readings.add(reading.sensorId() + "@" + reading.timestamp());
        for (Measurement measurement : reading.measurements()) {
            String series = reading.sensorId() + "|" + measurement.name();
            if (!identities.add(series + "|" + reading.timestamp())) {
                continue;
            }
            switch (measurement) {
                case Measurement.Numeric(String _, double value) -> {
                    rows.add(series + "|" + reading.timestamp() + "|" + value);
                    if (reading.timestamp() > lastFed.getOrDefault(series, Long.MIN_VALUE)) {
                        lastFed.put(series, reading.timestamp());
                        if (measurement.name().equals("temperature")) {
                            watch(reading.sensorId(), reading.timestamp(), value);
                        }
                    }
                }
                case Measurement.State(String _, String value) ->
                    rows.add(series + "|" + reading.timestamp() + "|" + value);
            }
        }
    }

    private void watch(String sensor, long timestamp, double value) {
        if (value > TOO_HOT) {
            open.putIfAbsent(sensor, timestamp);
        } else {
            Long opened = open.remove(sensor);
            if (opened != null) {
                anomalies.add(sensor + "|" + opened + "|" + timestamp);
            }
        }
    }
}
