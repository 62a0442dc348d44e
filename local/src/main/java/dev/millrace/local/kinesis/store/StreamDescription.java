package dev.millrace.local.kinesis.store;

import java.time.Duration;
import java.time.Instant;

/** A stream as the API describes it. */
public record StreamDescription(
        String name,
        String arn,
        StreamStatus status,
        Instant created,
        Duration retention,
        int openShards,
        int consumers) {}
