package dev.millrace.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Floods of frames over HTTP/2 that cost their sender little: the connection ends. */
class Http2FloodVerticleTest extends TlsHttpFixture {

    private static final AtomicLong CLOCK = new AtomicLong();

    @Override
    HttpLimits limits() {
        return FAST;
    }

    @Override
    LongSupplier doorClock() {
        return CLOCK::get;
    }

    /** Rapid reset (CVE-2023-44487): each stream costs its sender nothing. */
    @Test
    void whoOpensAndResetsForEverIsCutOff() throws Exception {
        try (RawHttp2 client = connect()) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < 1_000; i++) {
                frames.writeBytes(RawHttp2.frame(
                        RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1 + 2 * i, RawHttp2.head("POST", "/sensors")));
                frames.writeBytes(RawHttp2.frame(RawHttp2.RESET, 0, 1 + 2 * i, new byte[] {0, 0, 0, 8}));
            }
            endsByGoAway(client, frames.toByteArray());
        }
    }

    /** The same by faults that the server answers by resets (CVE-2025-8671). */
    @Test
    void whoMakesTheServerResetForEverIsCutOff() throws Exception {
        try (RawHttp2 client = connect()) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < 1_000; i++) {
                frames.writeBytes(RawHttp2.frame(
                        RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1 + 2 * i, RawHttp2.head("POST", "/sensors")));
                // a window that does not grow
                frames.writeBytes(RawHttp2.frame(RawHttp2.WINDOW_UPDATE, 0, 1 + 2 * i, new byte[4]));
            }
            endsByGoAway(client, frames.toByteArray());
        }
    }

    @Test
    void whoSendsEmptyDataForEverIsCutOff() throws Exception {
        try (RawHttp2 client = connect()) {
            client.beginPost(1);
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < 1_000; i++) {
                frames.writeBytes(RawHttp2.frame(RawHttp2.DATA, 0, 1, new byte[0]));
            }
            endsByGoAway(client, frames.toByteArray());
        }
    }

    /** Each wants an answer, and none is read. */
    @ParameterizedTest
    @ValueSource(ints = {RawHttp2.PING, RawHttp2.SETTINGS})
    void whoAsksForAnswersAndReadsNoneIsCutOff(int type) throws Exception {
        try (RawHttp2 client = connect()) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < 1_000; i++) {
                frames.writeBytes(
                        RawHttp2.frame(type, 0, 0, type == RawHttp2.PING ? new byte[8] : RawHttp2.setting(4, 65_535)));
            }
            byte[] thousand = frames.toByteArray();
            List<Exception> ends = new ArrayList<>();
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 3_000; i++) {
                        client.sendAll(thousand);
                    }
                } catch (IOException | RuntimeException e) {
                    ends.add(e);
                }
            });
            await("it is cut off", () -> {
                CLOCK.addAndGet(Duration.ofMillis(5).toNanos());
                return !sender.isAlive();
            });
            assertEquals(1, ends.size());
        }
        await("it is gone", () -> openConnections() == 0);
    }
}
