package dev.millrace.bench.load;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/** What a {@link LoadGenerator} speaks with a server. */
interface Protocol {

    /**
     * Says on a new connection what comes before requests.
     *
     * @param channel connected, blocking
     * @throws IOException if the server does not let it in
     */
    Dialogue open(SocketChannel channel) throws IOException;
}
