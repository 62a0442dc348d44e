package dev.millrace.core.lifecycle;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Brings what libraries log by {@code java.util.logging} into our log, in its format and by its levels. */
public final class JavaLogging extends SLF4JBridgeHandler {

    private JavaLogging() {}

    /** Takes the place of the handlers that write to the standard error. */
    public static void bridge() {
        removeHandlersForRootLogger();
        java.util.logging.Logger.getLogger("").addHandler(new JavaLogging());
    }

    @Override
    public void publish(LogRecord logRecord) {
        String name = logRecord.getLoggerName();
        if (name != null && name.startsWith("io.opentelemetry.")) {
            shorten(logRecord);
        }
        super.publish(logRecord);
    }

    /** A collector that is away is an outage of somebody else, again and again: one line each, without a stack trace. */
    private static void shorten(LogRecord logRecord) {
        Throwable thrown = logRecord.getThrown();
        if (thrown != null) {
            logRecord.setMessage(logRecord.getMessage() + " (" + thrown + ")");
            logRecord.setThrown(null);
        }
        if (logRecord.getLevel().intValue() > Level.WARNING.intValue()) {
            logRecord.setLevel(Level.WARNING);
        }
    }
}
