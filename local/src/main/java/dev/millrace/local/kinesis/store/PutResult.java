package dev.millrace.local.kinesis.store;

import dev.millrace.local.kinesis.protocol.AwsError;

/** What became of a record that was put. */
public sealed interface PutResult {

    record Stored(StoredRecord stored) implements PutResult {}

    record Refused(AwsError error, String message) implements PutResult {}
}
