package dev.millrace.local.kinesis.store;

/** As the API names them. Records are taken and given only while a stream is ACTIVE or UPDATING. */
public enum StreamStatus {
    CREATING,
    DELETING,
    ACTIVE,
    UPDATING
}
