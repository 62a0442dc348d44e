package dev.millrace.gateway.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.millrace.gateway.GatewayMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AuthFailureLogTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger(AuthFailureLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final AuthFailureLog log = new AuthFailureLog(new GatewayMetrics(registry), now::get);

    @BeforeEach
    void listen() {
        logger.setLevel(Level.INFO);
        logger.setAdditive(false);
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    @Test
    void tellsOfAReasonOnceInAWhileAndCountsAll() {
        for (int i = 0; i < 1000; i++) {
            log.record(AuthFailure.UNKNOWN_KEY, Optional.empty(), "10.0.0." + i % 256);
        }
        log.record(AuthFailure.ROLE, Optional.of("press-line"), "10.0.0.7");
        now.addAndGet(AuthFailureLog.INTERVAL.toNanos() - 1);
        log.record(AuthFailure.UNKNOWN_KEY, Optional.of("press-4"), "10.1.1.1");
        now.incrementAndGet();
        log.record(AuthFailure.UNKNOWN_KEY, Optional.of("press-4"), "10.2.2.2");

        assertEquals(
                List.of(
                        "Turned away 1 request(s) because of an unknown key, the last of 10.0.0.0",
                        "Turned away 1 request(s) because of a role that does not suffice, the last of press-line at 10.0.0.7",
                        "Turned away 1001 request(s) because of an unknown key, the last of press-4 at 10.2.2.2"),
                lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
        assertEquals(1002, count(AuthFailure.UNKNOWN_KEY));
        assertEquals(1, count(AuthFailure.ROLE));
    }

    private double count(AuthFailure reason) {
        return registry.get("millrace.gateway.auth.failures")
                .tag("reason", reason.tag())
                .counter()
                .count();
    }
}
