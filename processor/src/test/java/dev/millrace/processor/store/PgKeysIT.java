package dev.millrace.processor.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.processor.anomaly.SeriesId;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PgKeysIT {

    private static final SeriesId FIRST = new SeriesId("oven-1", "temperature");
    private static final SeriesId SECOND = new SeriesId("oven-2", "temperature");

    private final PgTestDatabase database = new PgTestDatabase();
    private final PgSession session = new PgSession(database.pool(), () -> {});
    private final AtomicInteger capacity = new AtomicInteger(100);
    private final PgKeys keys = new PgKeys(session, capacity::get);

    @AfterEach
    void close() {
        session.close();
        database.close();
    }

    /** Others need room, and it is not asked for anything new. */
    @Test
    void forgetsWhenItMayRememberLess() {
        keys.resolve(Map.of(FIRST, PgKeys.NUMERIC, SECOND, PgKeys.NUMERIC));
        int key = keys.sensor(FIRST.sensorId());
        keys.resolve(Map.of(SECOND, PgKeys.NUMERIC));
        assertEquals(key, keys.sensor(FIRST.sensorId()));

        capacity.set(1);
        keys.resolve(Map.of(SECOND, PgKeys.NUMERIC));

        assertThrows(NullPointerException.class, () -> keys.sensor(FIRST.sensorId()));
        keys.resolve(Map.of(FIRST, PgKeys.NUMERIC));
        assertEquals(key, keys.sensor(FIRST.sensorId()));
    }
}
