package dev.millrace.local.kinesis.protocol;

import java.util.Optional;

/**
 * Which registered consumer a call means.
 *
 * @param arn where the call gives it; one of an earlier consumer of the same name has another creation time
 */
public record ConsumerName(String streamArn, String name, Optional<String> arn) {}
