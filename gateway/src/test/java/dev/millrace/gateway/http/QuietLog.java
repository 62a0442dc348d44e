package dev.millrace.gateway.http;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Listens to everything that is logged, until it is closed. */
public final class QuietLog implements AutoCloseable {

    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    public QuietLog() {
        log.start();
        root.addAppender(log);
    }

    /** Warnings, errors and stack traces; what a machine that is held up brings about is left out: it is no sender's doing. */
    public List<String> complaints() {
        return List.copyOf(log.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN)
                        || (event.getLevel().isGreaterOrEqual(Level.INFO) && event.getThrowableProxy() != null))
                .filter(event -> !event.getLoggerName().endsWith("BlockedThreadChecker"))
                .map(ILoggingEvent::toString)
                .toList();
    }

    @Override
    public void close() {
        root.detachAppender(log);
    }
}
