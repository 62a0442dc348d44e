package dev.millrace.local.replay;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The ways to write a timestamp that a CSV file may use. */
final class CsvTimestamp {

    private static final Pattern EPOCH_MILLIS = Pattern.compile("-?[0-9]{1,15}");

    /** RFC 3339 writes four digits of a year. */
    private static final Instant MIN = Instant.parse("0000-01-01T00:00:00Z");

    private static final Instant MAX = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private static final DateTimeFormatter DATE_TIME = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendPattern("[ ]['T']")
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .optionalEnd()
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    private CsvTimestamp() {}

    /**
     * The instant of {@code 2013-12-02 21:15:00} (UTC, also with a {@code T} or fractions of a second), RFC 3339 with an
     * offset, or epoch milliseconds; empty if the text is none of them.
     */
    static Optional<Instant> parse(String text) {
        try {
            return EPOCH_MILLIS.matcher(text).matches()
                    ? within(Instant.ofEpochMilli(Long.parseLong(text)))
                    : within(
                            switch (DATE_TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from)) {
                                case OffsetDateTime there -> there.toInstant();
                                case LocalDateTime utc -> utc.toInstant(ZoneOffset.UTC);
                                default -> throw new DateTimeException("neither of the two asked for");
                            });
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static Optional<Instant> within(Instant instant) {
        return instant.isBefore(MIN) || instant.isAfter(MAX) ? Optional.empty() : Optional.of(instant);
    }
}
