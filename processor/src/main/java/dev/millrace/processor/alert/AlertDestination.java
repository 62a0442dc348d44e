package dev.millrace.processor.alert;

import io.vertx.core.Future;
import java.util.Locale;

/** One who is told. */
public interface AlertDestination {

    /** How a destination is reached. */
    enum Kind {
        SNS,
        WEBHOOK;

        /** The kind as metrics spell it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    AlertRoute route();

    Kind kind();

    /** Tells it, and waits for the answer, for some ten seconds at most. Blocks the calling virtual thread. */
    Delivery deliver(AlertMessage message);

    /** Gives back what it holds. */
    Future<Void> close();
}
