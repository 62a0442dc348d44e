package dev.millrace.gateway.ingest;

/** The sensors whose readings a caller may report. */
@FunctionalInterface
public interface SensorScope {

    /** Every sensor. */
    SensorScope ALL = _ -> true;

    boolean allows(String sensorId);
}
