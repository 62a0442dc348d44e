package dev.millrace.processor.alert;

import java.time.Duration;
import java.util.Optional;

/** What became of telling a destination. Reasons are for people, without secrets and addresses' parameters. */
public sealed interface Delivery {

    /** It has it. */
    record Delivered() implements Delivery {}

    /** It answers, and does not want this message; others perhaps. */
    record Refused(String reason) implements Delivery {}

    /**
     * It takes nothing now.
     *
     * @param retryAfter when it wants to be asked again, where it said so
     */
    record Unavailable(String reason, Optional<Duration> retryAfter) implements Delivery {}
}
