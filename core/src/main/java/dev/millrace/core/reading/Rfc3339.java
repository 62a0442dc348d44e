package dev.millrace.core.reading;

import java.time.LocalDate;
import java.time.YearMonth;
import java.util.OptionalLong;

/**
 * Date and time of RFC 3339 as microseconds since 1970-01-01T00:00:00Z, for the years 1 to 9999. Written by hand because
 * {@link java.time.format.DateTimeFormatter} takes longer than all else that a reading needs.
 */
public final class Rfc3339 {

    /** 0001-01-01T00:00:00Z. */
    public static final long MIN_MICROS = LocalDate.of(1, 1, 1).toEpochDay() * 86_400_000_000L;

    /** 9999-12-31T23:59:59.999999Z. */
    public static final long MAX_MICROS = LocalDate.of(10_000, 1, 1).toEpochDay() * 86_400_000_000L - 1;

    private static final long MICROS_PER_SECOND = 1_000_000L;
    private static final int SECONDS_PER_DAY = 86_400;

    private Rfc3339() {}

    /**
     * Parses a date-time with its offset, such as {@code 2025-12-04T12:00:00.5+01:00}; nothing where the text is none.
     * Digits finer than microseconds are cut. A leap second, :60 at the end of a UTC day, is the first second of the next
     * day, as in POSIX time.
     */
    public static OptionalLong parse(String text) {
        int length = text.length();
        if (length < 20
                || text.charAt(4) != '-'
                || text.charAt(7) != '-'
                || (text.charAt(10) != 'T' && text.charAt(10) != 't')
                || text.charAt(13) != ':'
                || text.charAt(16) != ':') {
            return OptionalLong.empty();
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 2);
        int day = digits(text, 8, 2);
        int hour = digits(text, 11, 2);
        int minute = digits(text, 14, 2);
        int second = digits(text, 17, 2);
        if (year < 1
                || month < 1
                || month > 12
                || day < 1
                || day > (day <= 28 ? 28 : YearMonth.of(year, month).lengthOfMonth())
                || hour < 0
                || hour > 23
                || minute < 0
                || minute > 59
                || second < 0
                || second > 60) {
            return OptionalLong.empty();
        }

        int at = 19;
        int micros = 0;
        if (text.charAt(at) == '.') {
            int start = ++at;
            int unit = 100_000;
            while (at < length && isDigit(text.charAt(at))) {
                micros += (text.charAt(at) - '0') * unit;
                unit /= 10;
                at++;
            }
            if (at == start) {
                return OptionalLong.empty();
            }
        }

        int offset = offsetSeconds(text, at);
        if (offset == INVALID) {
            return OptionalLong.empty();
        }
        long seconds = LocalDate.of(year, month, day).toEpochDay() * SECONDS_PER_DAY
                + hour * 3600L
                + minute * 60L
                + second
                - offset;
        if (second == 60 && Math.floorMod(seconds, SECONDS_PER_DAY) != 0) {
            return OptionalLong.empty();
        }
        long result = seconds * MICROS_PER_SECOND + micros;
        return result < MIN_MICROS || result > MAX_MICROS ? OptionalLong.empty() : OptionalLong.of(result);
    }

    /** The time in UTC with none, three or six digits of a second's fraction, whichever loses nothing. */
    public static String format(long micros) {
        StringBuilder text = new StringBuilder(27);
        long seconds = Math.floorDiv(micros, MICROS_PER_SECOND);
        int fraction = (int) Math.floorMod(micros, MICROS_PER_SECOND);
        LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(seconds, (long) SECONDS_PER_DAY));
        int ofDay = Math.floorMod(seconds, SECONDS_PER_DAY);
        append(text, date.getYear(), 4).append('-');
        append(text, date.getMonthValue(), 2).append('-');
        append(text, date.getDayOfMonth(), 2).append('T');
        append(text, ofDay / 3600, 2).append(':');
        append(text, ofDay / 60 % 60, 2).append(':');
        append(text, ofDay % 60, 2);
        if (fraction % 1000 != 0) {
            append(text.append('.'), fraction, 6);
        } else if (fraction != 0) {
            append(text.append('.'), fraction / 1000, 3);
        }
        return text.append('Z').toString();
    }

    private static final int INVALID = Integer.MIN_VALUE;

    private static int offsetSeconds(String text, int at) {
        int left = text.length() - at;
        if (left == 1 && (text.charAt(at) == 'Z' || text.charAt(at) == 'z')) {
            return 0;
        }
        if (left != 6 || text.charAt(at + 3) != ':') {
            return INVALID;
        }
        int hours = digits(text, at + 1, 2);
        int minutes = digits(text, at + 4, 2);
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return INVALID;
        }
        int seconds = hours * 3600 + minutes * 60;
        return switch (text.charAt(at)) {
            case '+' -> seconds;
            case '-' -> -seconds;
            default -> INVALID;
        };
    }

    /** The number that {@code count} digits make, or -1 where one is no digit. */
    private static int digits(String text, int start, int count) {
        int value = 0;
        for (int i = start; i < start + count; i++) {
            char c = text.charAt(i);
            if (!isDigit(c)) {
                return -1;
            }
            value = value * 10 + (c - '0');
        }
        return value;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static StringBuilder append(StringBuilder text, int value, int width) {
        int unit = 1;
        for (int i = 1; i < width; i++) {
            unit *= 10;
        }
        for (; unit > 0; unit /= 10) {
            text.append((char) ('0' + value / unit % 10));
        }
        return text;
    }
}
