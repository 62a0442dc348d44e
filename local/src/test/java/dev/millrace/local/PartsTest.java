package dev.millrace.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.core.lifecycle.Service;
import dev.millrace.core.lifecycle.ShutdownPlan;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartsTest {

    private final StopSignal stop = new StopSignal();
    private final Parts parts = new Parts(stop);
    private final List<String> closed = new ArrayList<>();

    @Test
    void goesOnWhenAServiceIsReady() throws Exception {
        assertTrue(parts.start(service(Future.succeededFuture())));
    }

    @Test
    void aStopEndsTheWaitForAServiceThatNeverGetsReady() throws Exception {
        stop.request();

        assertFalse(parts.start(service(Promise.<Void>promise().future())));

        parts.close();
        assertEquals(List.of("service"), closed);
    }

    @Test
    void closesEveryPartInReverseThoughSomeFail() {
        parts.add(() -> closed.add("first"));
        parts.add(() -> {
            throw new IOException("one");
        });
        parts.add(() -> closed.add("second"));
        parts.add(() -> {
            throw new IllegalArgumentException("two");
        });

        IllegalStateException failure = assertThrows(IllegalStateException.class, parts::close);

        assertEquals(List.of("second", "first"), closed);
        assertEquals(
                List.of("two", "one"),
                List.of(failure.getSuppressed()).stream()
                        .map(Throwable::getMessage)
                        .toList());
    }

    private Service service(Future<Void> ready) {
        ShutdownPlan plan = new ShutdownPlan(Duration.ofSeconds(10)).then("service", () -> {
            closed.add("service");
            return Future.succeededFuture();
        });
        return new Service() {
            @Override
            public Future<Void> start() {
                return Future.succeededFuture();
            }

            @Override
            public Future<Void> ready() {
                return ready;
            }

            @Override
            public ShutdownPlan shutdownPlan() {
                return plan;
            }
        };
    }
}
