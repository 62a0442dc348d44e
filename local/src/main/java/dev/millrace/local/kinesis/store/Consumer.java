package dev.millrace.local.kinesis.store;

import java.time.Instant;

/** A registered consumer as the API describes it. */
public record Consumer(String name, String arn, Status status, Instant created, String streamArn) {

    /** As the API names them. */
    public enum Status {
        CREATING,
        DELETING,
        ACTIVE
    }
}
