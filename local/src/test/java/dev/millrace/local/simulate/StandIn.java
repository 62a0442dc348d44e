package dev.millrace.local.simulate;

import io.vertx.core.json.JsonObject;
import java.util.Optional;

/** A server that stands in for the gateway: what it answers is the test's to say. */
interface StandIn {

    /** What becomes of a reading. */
    enum Verdict {
        ACKNOWLEDGED,
        REFUSED,
        UNANSWERED
    }

    /** Says what becomes of each reading; called on an event loop. */
    interface Judge {

        /**
         * What becomes of a reading.
         *
         * @param key what the device showed
         */
        Verdict of(JsonObject reading, Optional<String> key);
    }

    int port();

    /** Cuts the connections and listens no more. */
    void close();
}
