package dev.millrace.core.config;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Whether shards are read by enhanced fan-out, which AWS charges for, or polled.
 *
 * @param consumer the name of the registered consumer, the same for all processors of a stream; empty: shards are polled
 */
public record FanOutConfig(Optional<String> consumer) {

    private static final int MAX_NAME_LENGTH = 128;

    /** The API's rule for names of consumers. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1," + MAX_NAME_LENGTH + "}");

    /** What {@code KINESIS_FAN_OUT} and {@code KINESIS_CONSUMER} say. */
    public static FanOutConfig read(Environment environment, String stream) {
        String own = "millrace-processor-" + stream;
        String name = environment.text(
                "KINESIS_CONSUMER",
                own.substring(0, Math.min(own.length(), MAX_NAME_LENGTH)),
                NAME,
                "must have 1 to 128 characters of A-Z a-z 0-9 . _ -");
        return new FanOutConfig(environment.flag("KINESIS_FAN_OUT", false) ? Optional.of(name) : Optional.empty());
    }
}
