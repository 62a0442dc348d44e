package dev.millrace.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Requests and answers of one connection. Cheap: it makes no objects and looks at nothing that is not asked of it. */
interface Dialogue {

    /** Who learns of answers. */
    interface Answers {

        /** The server has taken the request that was to be sent at that time. */
        void accepted(long intended);

        /** It has not. */
        void failed(long intended);
    }

    /** Whether another request may be under way. */
    boolean hasRoom();

    /** How many are. */
    int underWay();

    /**
     * Puts the next request behind what is unsent. Only while there is room.
     *
     * @param intended when it was to be sent, nanoseconds
     */
    void request(long intended);

    /** From position to limit what is to be sent; whoever sends it moves the position. */
    ByteBuffer unsent();

    /**
     * Takes all that has come.
     *
     * @throws IOException if that is no answer that this client understands
     */
    void take(ByteBuffer came, Answers answers) throws IOException;
}
