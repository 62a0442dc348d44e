package dev.millrace.core.reading;

/** The character rules of a reading, without the cost of a regular expression. */
public final class Names {

    private Names() {}

    /** Whether the text is {@code [A-Za-z0-9._:-]{1,128}}. */
    public static boolean isSensorId(String text) {
        int length = text.length();
        if (length == 0 || length > Reading.MAX_SENSOR_ID_LENGTH) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (!isLetterOrDigit(c) && c != '.' && c != '_' && c != ':' && c != '-') {
                return false;
            }
        }
        return true;
    }

    /** Whether the text is {@code [A-Za-z_][A-Za-z0-9_.-]{0,63}}. */
    public static boolean isMeasurement(String text) {
        int length = text.length();
        if (length == 0 || length > Reading.MAX_NAME_LENGTH || isDigit(text.charAt(0))) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (!isLetterOrDigit(c) && c != '_' && (i == 0 || (c != '.' && c != '-'))) {
                return false;
            }
        }
        return true;
    }

    /** Whether PostgreSQL and UTF-8 can hold the text: no U+0000 and no lone surrogate. */
    public static boolean isStorable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                return false;
            }
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
