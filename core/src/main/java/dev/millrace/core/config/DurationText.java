package dev.millrace.core.config;

import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as people write them, in settings and in rules alike: {@code 500ms}, {@code 10s}, {@code 5m}, {@code 1h}, {@code 30d}. */
public final class DurationText {

    /** What a text must match; the number is decimal. */
    public static final String FORM = "[0-9]{1,9}(ms|s|m|h|d)";

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    private DurationText() {}

    /**
     * Reads a duration from {@code min} to {@code max}, both included.
     *
     * @throws IllegalArgumentException with what is wrong with it
     */
    public static Duration parse(String text, Duration min, Duration max) {
        var matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("must be a duration such as 500ms, 10s, 5m, 1h or 30d");
        }
        long amount = Long.parseLong(matcher.group(1));
        Duration duration =
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    case "h" -> Duration.ofHours(amount);
                    default -> Duration.ofDays(amount);
                };
        if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
            throw new IllegalArgumentException("must be from " + bound(min) + " to " + bound(max));
        }
        return duration;
    }

    /** The bound as a setting would be written. */
    private static String bound(Duration bound) {
        if (bound.toMillisPart() != 0) {
            return bound.toMillis() + "ms";
        }
        return bound.toSeconds() % 86_400 != 0 || bound.isZero() ? bound.toSeconds() + "s" : bound.toDays() + "d";
    }

    /** A duration of whole milliseconds in the largest unit that it is a whole number of. */
    public static String of(Duration duration) {
        if (duration.toMillisPart() != 0) {
            return duration.toMillis() + "ms";
        }
        long seconds = duration.toSeconds();
        if (seconds % 60 != 0 || seconds == 0) {
            return seconds + "s";
        }
        if (seconds % 3_600 != 0) {
            return seconds / 60 + "m";
        }
        return seconds % 86_400 != 0 ? seconds / 3_600 + "h" : seconds / 86_400 + "d";
    }
}
