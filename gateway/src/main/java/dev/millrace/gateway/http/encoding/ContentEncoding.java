package dev.millrace.gateway.http.encoding;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A content coding (RFC 9110, section 8.4.1) that bodies may have. */
public enum ContentEncoding {
    IDENTITY,
    /** RFC 1952. */
    GZIP,
    /** RFC 8878, its window limited as RFC 9659 has it. */
    ZSTD;

    /** What a 415 says in Accept-Encoding (RFC 9110, section 15.5.16). */
    public static final String SUPPORTED = "gzip, zstd";

    /** The coding that the values of Content-Encoding name; empty where it is not known, or there is more than one. */
    public static Optional<ContentEncoding> of(List<String> values) {
        if (values.isEmpty()) {
            return Optional.of(IDENTITY);
        }
        if (values.size() > 1) {
            return Optional.empty();
        }
        return switch (values.getFirst().strip().toLowerCase(Locale.ROOT)) {
            case "identity" -> Optional.of(IDENTITY);
            case "gzip", "x-gzip" -> Optional.of(GZIP);
            case "zstd" -> Optional.of(ZSTD);
            default -> Optional.empty();
        };
    }
}
