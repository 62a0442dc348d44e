package dev.millrace.processor.store;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Microseconds since 1970, as the rest of the code has them, and timestamptz. */
final class PgTime {

    private static final long MICROS_PER_SECOND = 1_000_000;

    private PgTime() {}

    static OffsetDateTime of(long micros) {
        return Instant.ofEpochSecond(
                        Math.floorDiv(micros, MICROS_PER_SECOND), Math.floorMod(micros, MICROS_PER_SECOND) * 1_000)
                .atOffset(ZoneOffset.UTC);
    }

    static @Nullable OffsetDateTime orNull(OptionalLong micros) {
        return micros.isPresent() ? of(micros.getAsLong()) : null;
    }

    /** Empty for null. */
    static OptionalLong optional(@Nullable OffsetDateTime time) {
        return time == null ? OptionalLong.empty() : OptionalLong.of(micros(time));
    }

    static long micros(OffsetDateTime time) {
        return time.toEpochSecond() * MICROS_PER_SECOND + time.getNano() / 1_000;
    }
}
