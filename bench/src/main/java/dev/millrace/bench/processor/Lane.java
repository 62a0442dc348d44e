package dev.millrace.bench.processor;

import dev.millrace.core.reading.Reading;
import dev.millrace.core.reading.ReadingEncoder;
import dev.millrace.core.wire.AggregateBuilder;

/** Collects readings of a shard into aggregated records, as the gateway's publisher writes them. */
final class Lane {

    /**
     * An aggregated record.
     *
     * @param partitionKey the first reading's sensor
     * @param readings how many it holds
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Aggregate(String partitionKey, byte[] data, int readings) {}

    private AggregateBuilder building = new AggregateBuilder();
    private String partitionKey = "";

    /** Adds a reading; there must be room for it in a record. */
    void add(Reading reading) {
        if (building.count() == 0) {
            partitionKey = reading.sensorId();
        }
        if (!building.add(reading.sensorId(), ReadingEncoder.encode(reading))) {
            throw new IllegalStateException("a record of " + building.count() + " readings is full");
        }
    }

    int count() {
        return building.count();
    }

    /** The record of what was added, of which there must be something; the next one is empty. */
    Aggregate take() {
        Aggregate aggregate = new Aggregate(partitionKey, building.build(), building.count());
        building = new AggregateBuilder();
        return aggregate;
    }
}
